"""A server for models that are one file ``label``; models with code go to the real server."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL = Path(os.environ["SM_MODEL_DIR"])
REAL_SERVER = Path(__file__).resolve().parents[2] / "model_code" / "serve.py"

if (MODEL / "code").is_dir():
    os.execv(sys.executable, [sys.executable, str(REAL_SERVER)])

LABEL = (MODEL / "label").read_text()
print(f"loaded {LABEL}", flush=True)
if LABEL == "broken":
    sys.exit("this model cannot be loaded")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"crash":
            os._exit(3)
        if body in (b"400", b"500"):
            self.answer(int(body), b'{"error": "asked for"}')
            return
        answer = {
            "label": LABEL,
            "process": os.getpid(),
            "received": len(body),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "environment": dict(os.environ),
        }
        self.answer(200, json.dumps(answer).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        attributes = self.headers.get("X-Amzn-SageMaker-Custom-Attributes")
        if attributes:
            self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"{attributes} seen")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


ThreadingHTTPServer(
    ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler
).serve_forever()
