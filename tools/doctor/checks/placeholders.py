"""Settings that still hold a placeholder, which `up` refuses."""

from collections.abc import Iterator

from stacks.settings import placeholders
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok


def check(case: Case, cloud: str) -> Iterator[Finding]:
    """Each placeholder of a cloud."""
    found = [one for one in placeholders(case.settings) if one[0].startswith(f"{cloud}.")]
    if not found:
        yield ok("account settings are made", case.file)
    for key, value, wanted in found:
        yield fail(
            f"still the placeholder {value}",
            f"{case.file}: {key}",
            f"pulumi config set --path 'trimaran:{key}' {wanted} -s {case.stack}",
        )
