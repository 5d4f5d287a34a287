"""``python -m components.runs``: the provider's process, started by the engine."""

from components.runs.provider import TrimaranProvider
from plugin.server import run

if __name__ == "__main__":
    run(TrimaranProvider())
