# mypy: ignore-errors
# Runs in an environment of its own, whose packages are not in this one.
"""litserve with one worker, on loopback.

python litserve_peer.py MODEL PORT
"""

import sys
from pathlib import Path
from typing import Any

import litserve
from fastapi import Request, Response
from peer_model import PeerModel


class Api(litserve.LitAPI):
    """JSON rows in, predictions out."""

    def setup(self, device: str) -> None:
        self._model = PeerModel(Path(sys.argv[1]))

    # Without these annotations litserve would not hand over the parsed body.
    def decode_request(self, request: Request) -> Any:
        return request["instances"]

    def predict(self, x: Any) -> Any:
        return self._model.predict(x)

    def encode_response(self, output: Any) -> Response:
        return {"predictions": output}


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[2]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
