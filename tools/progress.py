"""Set-up steps shown as they happen, on stderr so that stdout stays free for results."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TAIL = 30


def say(message: str) -> None:
    """One line about what is happening."""
    print(f"setup: {message}", file=sys.stderr, flush=True)


class Failed(Exception):
    """A command ended with a non-zero status. `tail` holds its last lines."""

    def __init__(self, command: Sequence[str], status: int, tail: Sequence[str]) -> None:
        super().__init__(f"{' '.join(command)} ended with status {status}")
        self.status = status
        self.tail = "\n".join(tail)


def run_watched(
    command: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    log: Path,
    status: Callable[[int, str], str],
    every: float = 5.0,
) -> list[str]:
    """Runs a long command, saying how it goes every few seconds.

    log:    every line of its output is appended here.
    status: given the number of lines so far and the latest one, says how far it is.
    every:  seconds between two reports.

    Returns the output's lines. Raises Failed when the status is not 0.
    """
    lines: list[str] = []
    done = threading.Event()
    started = time.monotonic()

    def report() -> None:
        while not done.wait(every):
            elapsed = time.monotonic() - started
            say(f"  {elapsed:4.0f} s  {status(len(lines), lines[-1] if lines else '')}")

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        with (
            log.open("a") as sink,
            subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process,
        ):
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    sink.write(line)
                    lines.append(line.rstrip("\n"))
            except BaseException:
                process.terminate()
                raise
    finally:
        done.set()
        reporter.join()
    if process.returncode != 0:
        raise Failed(command, process.returncode, lines[-TAIL:])
    return lines
