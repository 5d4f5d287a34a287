"""What a person can put right, told without a stack trace."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

# SageMaker shows at most the first 1024 characters of the failure file as FailureReason:
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
_FAILURE_REASON_LIMIT = 1024


class DataError(Exception):
    """Data or settings that cannot be used. The message names the thing, the place, the remedy."""


class ArgumentParser(argparse.ArgumentParser):
    """An argument parser that reports like everything else here, and takes no abbreviations.

    Clouds add arguments of their own: Glue's `--job-…` must not be taken for one of ours.
    """

    def __init__(self, description: str) -> None:
        super().__init__(description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting with code 2."""
        raise DataError(f"{message} (see {self.prog} --help)")


def failure_file() -> Path | None:
    """Where SageMaker reads why a training job failed; None outside a training container.

    The directory is SM_OUTPUT_DIR where the training toolkit sets it, else /opt/ml/output.
    """
    directory = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output"))
    return directory / "failure" if directory.is_dir() else None


def run(main: Callable[[], None], *, report: Path | None = None) -> None:
    """Run `main`; on a DataError print its message, write it to `report` and exit with code 1."""
    try:
        main()
    except DataError as error:
        if report is not None:
            report.write_text(str(error)[:_FAILURE_REASON_LIMIT], encoding="utf-8")
        # With a text argument the exit code is 1 and the text goes to stderr; AWS Glue also
        # shows it as the error message of the run.
        sys.exit(f"error: {error}")
