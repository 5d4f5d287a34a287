"""Stand-ins for programs that the tools start."""

from pathlib import Path


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def pulumi(directory: Path, version: str, *, language_host: bool = True) -> Path:
    """A `pulumi` that only tells its version, with a Python language host beside it."""
    if language_host:
        program(directory / "pulumi-language-python", "exit 0")
    return program(directory / "pulumi", f"echo v{version}")
