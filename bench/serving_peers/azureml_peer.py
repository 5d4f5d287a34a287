# mypy: ignore-errors
# Runs in an environment of its own, whose packages are not in this one.
"""azureml-inference-server-http with one worker, as its command line starts it, on loopback.

python azureml_peer.py MODEL PORT
"""

import json
import os
import sys
from pathlib import Path


def init() -> None:
    """The server's hook: load the model."""
    global model  # noqa: PLW0603 - the server's contract
    from peer_model import PeerModel

    model = PeerModel(Path(os.environ["PEER_MODEL"]))


def run(data: str) -> dict[str, object]:
    """The server's hook: the raw body in, JSON out."""
    return {"predictions": model.predict(json.loads(data))}


if __name__ == "__main__":
    here = Path(__file__).resolve()
    os.environ["PEER_MODEL"] = sys.argv[1]
    os.environ["AZUREML_ENTRY_SCRIPT"] = str(here)
    os.environ["AML_APP_ROOT"] = str(here.parent)
    sys.path.insert(0, str(here.parent))
    from azureml_inference_server_http.amlserver_linux import run as serve

    serve("127.0.0.1", int(sys.argv[2]), 1)
