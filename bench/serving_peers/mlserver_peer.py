# mypy: ignore-errors
# Runs in an environment of its own, whose packages are not in this one.
"""MLServer with its model in the server's own process, on loopback.

python mlserver_peer.py MODEL PORT
"""

import asyncio
import sys
from pathlib import Path

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from peer_model import PeerModel


class Model(MLModel):
    """Rows of the open inference protocol in, predictions as JSON text out."""

    async def load(self) -> bool:
        self._model = PeerModel(Path(sys.argv[1]))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = self.decode(payload.inputs[0], default_codec=NumpyCodec)
        answers = self._model.predict(rows)
        names = list(answers[0]["probabilities"])
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                StringCodec.encode_output("label", [answer["label"] for answer in answers]),
                *(
                    StringCodec.encode_output(
                        name, [str(answer["probabilities"][name]) for answer in answers]
                    )
                    for name in names
                ),
            ],
        )


async def main() -> None:
    """Serve until killed."""
    port = int(sys.argv[2])
    settings = Settings(
        host="127.0.0.1",
        http_port=port,
        grpc_port=port + 1,
        metrics_port=port + 2,
        metrics_endpoint=None,
        parallel_workers=0,
        debug=False,
    )
    server = MLServer(settings)
    model = ModelSettings(name="model", implementation=Model)
    await server.start([model])


if __name__ == "__main__":
    asyncio.run(main())
