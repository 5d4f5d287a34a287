"""How fast files are sealed, against Fernet on the whole file and against OpenSSL alone.

    python -m bench.encryption [--output FILE] [--mib 1024]

Every way is a process of its own, in turn, from a file to a file on the same disk; a data key comes
from a key in the process, since a key service's answer is no question of size. `openssl speed` does
AES-256-GCM on one buffer of the same size over and over; what compares with it is sealing without
files: from zeros to nowhere.
"""

import argparse
import io
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.transfer import peak_memory

MIB = 1024**2
RUNS = 3
PROJECT = Path(__file__).resolve().parents[1]
CONTEXT = {"dataset": "bench", "purpose": "measuring"}
FAST_ENOUGH, SHARE_ENOUGH = 5, 0.5


def library(name: str) -> Any:
    """A module of the package: by name, since type checkers know it as `encryption`."""
    return import_module(f"model_code.encryption.{name}")


class OwnKey:
    """Wraps in the process; the same key in every run, so that one opens what another sealed."""

    _key = bytes(range(32))

    def new_data_key(self, context: Mapping[str, str]) -> Any:
        plain = os.urandom(32)
        return library("keys").DataKey(plain, self.wrap(plain, context))

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> Any:
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap

        wrapped = aes_key_wrap(self._key, data_key)
        return library("keys").WrappedKey("bench", "RFC 3394", wrapped)

    def unwrap(self, wrapped: Any, context: Mapping[str, str]) -> bytes:
        from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

        return aes_key_unwrap(self._key, wrapped.wrapped)


class Zeros(io.RawIOBase):
    """So many zeros, without a file."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._left)
        self._left -= count
        return count


class Nowhere(io.RawIOBase):
    """Takes everything."""

    def writable(self) -> bool:
        return True

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        return len(data)


def seal(source: Path, target: Path) -> None:
    """File to file."""
    library("sealed").seal(source, target, key=OwnKey(), context=CONTEXT)


def unseal(source: Path, target: Path) -> None:
    """Back again."""
    library("sealed").unseal(source, target, find=lambda _: OwnKey(), context=CONTEXT)


def memory(source: Path, _: Path) -> None:
    """The same code without files."""
    zeros, nowhere = Zeros(source.stat().st_size), Nowhere()
    library("sealed").seal_stream(zeros, nowhere, OwnKey(), CONTEXT, lambda _: None)


def loop(source: Path, target: Path) -> None:
    """What `openssl speed` does, with the OpenSSL that `cryptography` brings: one buffer again."""
    del target
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    piece: int = library("sealed").PIECE_BYTES
    given, made = bytes(piece), bytearray(piece + 15)
    cipher = Cipher(algorithms.AES(os.urandom(32)), modes.GCM(os.urandom(12))).encryptor()
    for _ in range(source.stat().st_size // piece):
        cipher.update_into(given, made)
    cipher.finalize()


def fernet_seal(source: Path, target: Path) -> None:
    """All of it as one token."""
    from cryptography.fernet import Fernet

    target.write_bytes(Fernet(_fernet_key()).encrypt(source.read_bytes()))
    _sync(target)


def fernet_unseal(source: Path, target: Path) -> None:
    """One token as a file."""
    from cryptography.fernet import Fernet

    target.write_bytes(Fernet(_fernet_key()).decrypt(source.read_bytes()))
    _sync(target)


def copy(source: Path, target: Path) -> None:
    """What any way has to do at least."""
    buffer = memoryview(bytearray(256 * 1024))
    with source.open("rb", buffering=0) as given, target.open("wb", buffering=0) as made:
        while count := given.readinto(buffer):
            made.write(buffer[:count])
    _sync(target)


def _fernet_key() -> bytes:
    import base64

    return base64.urlsafe_b64encode(bytes(range(32)))


def _sync(path: Path) -> None:
    # As sealing does before it renames.
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


WAYS = {
    "copy": copy,
    "loop": loop,
    "memory": memory,
    "seal": seal,
    "unseal": unseal,
    "fernet_seal": fernet_seal,
    "fernet_unseal": fernet_unseal,
}


@dataclass(frozen=True)
class Measured:
    """Seconds of the work itself, imports done before, and bytes of memory at the most."""

    seconds: float
    memory: int


def measured(way: str, source: Path, target: Path) -> Measured:
    """One run in a process of its own."""
    target.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.encryption", "--way", way, str(source), str(target)]
    ended = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    seconds, memory = ended.stdout.split()
    return Measured(float(seconds), int(memory))


def openssl_speed(size: int) -> float:
    """Bytes a second of `openssl speed`, one core, AES-256-GCM, blocks of `size`."""
    command = ["openssl", "speed", "-evp", "aes-256-gcm", "-bytes", str(size), "-seconds", "3"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.findall(r"([\d.]+)k", text.splitlines()[-1])
    return float(found[-1]) * 1000


def table(directory: Path, mib: int) -> str:
    """The table as Markdown; takes about five times `mib` of disk."""
    piece: int = library("sealed").PIECE_BYTES
    plain = directory / "plain"
    with plain.open("wb") as stream:
        for _ in range(mib):
            stream.write(os.urandom(MIB))
    runs: dict[str, list[Measured]] = {way: [] for way in WAYS}
    sources = {"unseal": "seal", "fernet_unseal": "fernet_seal"}
    speeds = []
    for _ in range(RUNS):
        speeds.append(openssl_speed(piece))
        for way, done in runs.items():
            source = directory / sources[way] if way in sources else plain
            done.append(measured(way, source, directory / way))
    size = mib * MIB
    openssl = statistics.median(speeds)

    def row(name: str, way: str, against: str = "", goal: str = "") -> str:
        seconds = statistics.median(run.seconds for run in runs[way])
        peak = max(run.memory for run in runs[way]) / MIB
        speed = size / seconds / MIB
        return f"| {name} | {seconds:.2f} s | {speed:.0f} | {peak:.0f} MiB | {against} | {goal} |"

    def times(way: str, other: str) -> str:
        pairs = zip(runs[way], runs[other], strict=True)
        return f"{statistics.median(b.seconds / a.seconds for a, b in pairs):.1f} ×"

    pairs = zip(runs["memory"], speeds, strict=True)
    share = statistics.median(size / run.seconds / speed for run, speed in pairs)
    own = statistics.median(
        once.seconds / run.seconds for run, once in zip(runs["memory"], runs["loop"], strict=True)
    )
    lines = [
        "| what | time | MiB/s | memory | against | goal |",
        "|---|---:|---:|---:|---|---|",
        f"| `openssl speed` AES-256-GCM, {piece // 1024} KiB | | {openssl / MIB:.0f} | | | |",
        row("*the same with `cryptography`'s OpenSSL*", "loop"),
        row(
            "seal, no files",
            "memory",
            f"`openssl speed`: {share:.0%}; the same: {own:.0%}",
            f"≥ {SHARE_ENOUGH:.0%}",
        ),
        row("*copy file to file*", "copy"),
        row(
            "seal file to file",
            "seal",
            f"Fernet: {times('seal', 'fernet_seal')}; copy: {times('seal', 'copy')}",
            f"Fernet ≥ {FAST_ENOUGH} ×",
        ),
        row(
            "open file to file",
            "unseal",
            f"Fernet: {times('unseal', 'fernet_unseal')}; copy: {times('unseal', 'copy')}",
            f"Fernet ≥ {FAST_ENOUGH} ×",
        ),
        row("Fernet, whole file, sealed", "fernet_seal"),
        row("Fernet, whole file, opened", "fernet_unseal"),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures and prints the table, or writes it; with --way, is one of the runs."""
    parser = argparse.ArgumentParser(description="Measure sealing against Fernet and OpenSSL.")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    parser.add_argument("--mib", type=int, default=1024, help="size of the file (%(default)s)")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        import cryptography.fernet  # noqa: F401 - imports are no part of what is measured

        library("sealed")
        start = time.perf_counter()
        WAYS[given.way](*given.names)
        print(time.perf_counter() - start, peak_memory())
        return
    with tempfile.TemporaryDirectory(prefix="trimaran-bench-") as directory:
        text = table(Path(directory), given.mib)
    version = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True)
    note = (
        f"`python -m bench.encryption`: {given.mib} MiB of random bytes, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {version.stdout.split(' (')[0].strip()}; medians of "
        f"{RUNS} runs in turn, each a process of its own; files are on the disk (fsync) when a run "
        "ends; memory is the largest, Python and libraries included."
    )
    if given.output is None:
        print(f"{note}\n\n{text}")
    else:
        given.output.write_text(f"{note}\n\n{text}\n")


if __name__ == "__main__":
    main()
