"""`python3 -m tools.engine`: obtains the engine and prints where it is."""

from tools.engine import obtain
from tools.errors import run_main


def main() -> int:
    """Prints one line: version, where from, path."""
    engine = obtain()
    print(f"pulumi {engine.version} ({engine.origin}) {engine.pulumi}")
    return 0


run_main(main)
