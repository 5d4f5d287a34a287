"""Who is signed in to AWS, and whether it is the stack's account."""

from collections.abc import Iterator

from tools.doctor.aws import client
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok


def check(case: Case) -> Iterator[Finding]:
    """The account of the credentials."""
    found = client("sts", case.aws.region).get_caller_identity()
    wanted = case.aws.account_id
    if found["Account"] != wanted and not case.aws.placeholders:
        yield fail(
            f"signed in to account {found['Account']}, the stack is in {wanted}",
            f"{case.file}: aws.account_id",
            "export AWS_PROFILE=… of that account, or correct the setting",
        )
    else:
        yield ok(f"signed in as {found['Arn']}", f"account {found['Account']}")
