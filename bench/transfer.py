"""How fast `python -m transfer` copies, against downloading with boto3 and uploading again.

    python -m bench.transfer [--output FILE]

Both run as commands of their own on one sandbox, in turn, with as many threads; the other way uses
the vendors' libraries as their own tools do: boto3's `download_file` to a directory, then
google-cloud-storage's `upload_from_filename`, for many files by its transfer manager.
"""

import argparse
import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.stack import ratio
from sandbox import control
from sandbox.state import StateDirectory

BUCKET = "bench-transfer"
THREADS = 8
RUNS = 3
MIB = 1024**2
CASES = {"many": ("500 objects of 16 KiB", 500, 16 * 1024), "large": ("1 of 256 MiB", 1, 256 * MIB)}
PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Measured:
    """Wall seconds, start of Python and imports included, and bytes of memory at the most."""

    seconds: float
    memory: int


def download_then_upload(source: str, target: str) -> None:
    """The other way, for the objects below a prefix."""
    import boto3
    from botocore.config import Config
    from google.cloud import storage
    from google.cloud.storage import transfer_manager

    s3 = boto3.client("s3", config=Config(max_pool_connections=2 * THREADS))
    prefix = f"{source}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page["Contents"]]
    bucket = storage.Client().bucket(BUCKET)
    with tempfile.TemporaryDirectory() as directory:

        def download(key: str) -> None:
            s3.download_file(BUCKET, key, f"{directory}/{key.removeprefix(prefix)}")

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(download, keys))
        names = [key.removeprefix(prefix) for key in keys]
        if len(names) == 1:
            bucket.blob(f"{target}/{names[0]}").upload_from_filename(f"{directory}/{names[0]}")
            return
        results = transfer_manager.upload_many_from_filenames(
            bucket,
            names,
            source_directory=directory,
            blob_name_prefix=f"{target}/",
            worker_type=transfer_manager.THREAD,
            max_workers=THREADS,
        )
        if failed := [result for result in results if isinstance(result, Exception)]:
            raise failed[0]


def streamed(source: str, target: str) -> None:
    """This project's way."""
    from transfer import transfer

    report = transfer(f"s3://{BUCKET}/{source}", f"gs://{BUCKET}/{target}", jobs=THREADS)
    if not report.complete:
        raise report.failures[0].error or AssertionError


def peak_memory() -> int:
    """Bytes of memory this process had at most.

    Not `getrusage`, whose figure a process inherits from the one that started it.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


WAYS = {"transfer": streamed, "download": download_then_upload}


def measured(way: str, source: str, target: str, environment: dict[str, str]) -> Measured:
    """One run as a command of its own."""
    command = [sys.executable, "-m", "bench.transfer", "--way", way, source, target]
    start = time.perf_counter()
    ended = subprocess.run(
        command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return Measured(time.perf_counter() - start, int(ended.stdout))


def row(case: str, environment: dict[str, str]) -> list[tuple[str, ...]]:
    """The rows of one case: ours and the other way, and the ratio of both."""
    runs: dict[str, list[Measured]] = {way: [] for way in WAYS}
    for number in range(RUNS + 1):
        for way, done in runs.items():
            done.append(measured(way, case, f"{case}-{way}-{number}", environment))
    # The first ones warm up the files of Python and of the sandbox.
    ours, other = runs["transfer"][1:], runs["download"][1:]
    seconds = ratio([run.seconds for run in ours], [run.seconds for run in other])
    memory = ratio([run.memory for run in ours], [run.memory for run in other])
    return [
        (
            CASES[case][0],
            f"{statistics.median(run.seconds for run in ours):.1f} s",
            f"{statistics.median(run.seconds for run in other):.1f} s",
            f"{seconds:.2f} ×",
            f"{max(run.memory for run in ours) / MIB:.0f} MiB",
            f"{max(run.memory for run in other) / MIB:.0f} MiB",
            f"{memory:.2f} ×",
            f"0 / {CASES[case][1] * CASES[case][2] / MIB:.0f} MiB",
        )
    ]


def table(environment: dict[str, str]) -> str:
    """The table as Markdown, measured on a sandbox that is running."""
    head = ("what", "transfer", "the other way", "time", "memory", "the other's", "memory", "disk")
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for case in CASES:
        lines += [f"| {' | '.join(cells)} |" for cells in row(case, environment)]
    return "\n".join(lines)


def fill() -> None:
    """Makes the buckets and the objects to copy."""
    import boto3
    from google.cloud import storage

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    storage.Client().create_bucket(BUCKET)
    for case, (_, count, size) in CASES.items():
        for number in range(count):
            body = io.BytesIO(os.urandom(size))
            s3.put_object(Bucket=BUCKET, Key=f"{case}/{number}", Body=body)


def main() -> None:
    """Measures and prints the table, or writes it; with --way, is one of the runs."""
    parser = argparse.ArgumentParser(description="Measure transfers against their alternative.")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    warnings.filterwarnings("ignore", "You are using a Python version", FutureWarning)
    if given.way:
        WAYS[given.way](*given.names)
        print(peak_memory())
        return
    os.environ["SANDBOX_PLUGINS"] = "off"
    with tempfile.TemporaryDirectory(prefix="trimaran-bench-") as directory:
        state = StateDirectory(Path(directory) / "state")
        try:
            os.environ |= control.environment(control.start(state, None)[0])
            fill()
            text = table(dict(os.environ))
        finally:
            control.stop(state)
    note = (
        "`python -m bench.transfer`: from the sandbox's S3 to its Cloud Storage, "
        f"{THREADS} threads each, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"medians of {RUNS} pairs of runs in turn, whole commands; memory is the largest; disk is "
        "what lies there between download and upload. Ratios are of transfer over the other way: "
        "less is better."
    )
    if given.output is None:
        print(f"{note}\n\n{text}")
    else:
        given.output.write_text(f"{note}\n\n{text}\n")


if __name__ == "__main__":
    main()
