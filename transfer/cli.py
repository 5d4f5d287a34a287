"""The command: ``python -m transfer FROM TO``.

Exit status: 0 everything is there · 1 some objects failed · 2 the call was wrong · 3 nothing
could be copied: a bucket, a permission or the source is missing · 130 interrupted. After any of
them the same command goes on from the last finished part.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence

from transfer.addresses import SINKS, parse
from transfer.errors import BadAddress, TransferError
from transfer.listening import Kind
from transfer.progress import human, shown
from transfer.run import JOBS, Report, open_sink, transfer

SOME_FAILED, WRONG_CALL, UNUSABLE, INTERRUPTED = 1, 2, 3, 130


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Copy objects from S3 to Cloud Storage or to Azure Blob Storage.",
        epilog="Objects that are there already are skipped. A run that was killed is run again: it "
        "goes on from the last finished part. Exit status: 0 all is there, 1 some objects failed, "
        "2 wrong call, 3 nothing could be copied, 130 interrupted.",
    )
    parser.add_argument("source", metavar="FROM", nargs="?", help="s3://bucket/prefix or an object")
    parser.add_argument("target", metavar="TO", help="gs://bucket/prefix or az://container/prefix")
    parser.add_argument("--jobs", type=_positive, default=JOBS, help="side by side (%(default)s)")
    parser.add_argument(
        "--kms-key", metavar="KEY", help="projects/…/cryptoKeys/…, or an Azure encryption scope"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be copied")
    parser.add_argument("--verbose", action="store_true", help="a line for each object")
    parser.add_argument(
        "--discard-unfinished",
        action="store_true",
        help="without FROM: delete the parts that unfinished runs left in TO's bucket",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m transfer") -> int:
    """Run the command; its exit status. ``arguments`` are the process's own by default."""
    # Google's own libraries announce the end of Python 3.11; nothing here is to do about it.
    warnings.filterwarnings("ignore", "You are using a Python version", FutureWarning)
    parser = _parser(prog)
    given = parser.parse_args(arguments)
    if given.discard_unfinished == (given.source is not None):
        parser.error("give FROM and TO, or --discard-unfinished and TO")
    try:
        return _discard(given.target) if given.discard_unfinished else _transfer(given)
    except BadAddress as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_CALL
    except TransferError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last finished part", file=sys.stderr)
        return INTERRUPTED


def _transfer(given: argparse.Namespace) -> int:
    with shown(sys.stderr, every_object=given.verbose) as listener:
        report = transfer(
            given.source,
            given.target,
            jobs=given.jobs,
            kms_key=given.kms_key,
            dry_run=given.dry_run,
            listener=listener,
        )
    print(summary(report))
    return 0 if report.complete else SOME_FAILED


def summary(report: Report) -> str:
    """What a run did, in a line; a second one where something was not compared."""
    counts = [f"{count} {kind}" for kind, count in report.counts.items() if count]
    line = f"{', '.join(counts) or 'nothing'}; {human(report.moved)} read"
    if report.counts[Kind.COPIED]:
        line += f", {human(report.bytes)} in the sink"
    if report.unchecked:
        line += (
            f"\n{report.unchecked} of them S3 has no checksum for that could be compared: what was "
            "read is what the sink has (CRC32C), and the ETag did not change meanwhile"
        )
    return line


def _discard(target: str) -> int:
    sink = open_sink(parse(target, SINKS), jobs=JOBS, kms_key=None, part_size=None)
    try:
        print(f"{sink.discard_all()} parts of unfinished transfers deleted")
    finally:
        sink.close()
    return 0
