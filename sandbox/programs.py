"""The commands a container image has on its PATH, standing on the sandbox's own Python."""

from pathlib import Path


def write_programs(directory: Path, python: str) -> None:
    """``python`` and ``pip`` as an image has them on its PATH."""
    directory.mkdir(parents=True, exist_ok=True)
    commands = {
        "python": f'exec "{python}" "$@"',
        "python3": f'exec "{python}" "$@"',
        "pip": f'exec "{python}" -m pip "$@"',
        "pip3": f'exec "{python}" -m pip "$@"',
    }
    for name, command in commands.items():
        path = directory / name
        path.write_text(f"#!/bin/sh\n{command}\n")
        path.chmod(0o755)
