"""What stands in a test's serving image: adds up each instance, under the AIP contract."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        self.wfile.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def do_GET(self) -> None:
        self._answer(200 if self.path == os.environ["AIP_HEALTH_ROUTE"] else 404, {})

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != os.environ["AIP_PREDICT_ROUTE"]:
            self._answer(404, {"error": self.path})
        elif given["instances"][0] == "wrong":
            self._answer(400, {"error": "an instance is wrong"})
        else:
            who = os.environ.get("WHO", "")
            sums = [{"who": who, "sum": sum(row)} for row in given["instances"]]
            self._answer(200, {"predictions": sums})


print("artefacts:", sorted(path.name for path in Path(os.environ["MODEL_DIR"]).iterdir()))
if os.environ.get("CRASH"):
    raise SystemExit("this model cannot be loaded")
ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
