"""Records of processing need to know whose a resource is, what data it holds, and what for."""

from collections.abc import Iterator

from policy.holders import HOLDERS, tags
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="What holds data tells its owner, its class of data and its purpose",
    severity=Severity.MEDIUM,
    types=HOLDERS,
    gdpr=("5(1)(b)", "30"),
    hipaa=("164.312(b)",),
    controls=("Glue.1", "Athena.3"),
    remediation="add the tags owner, data-class and purpose, or let the provider add them",
    link="https://gdpr-info.eu/art-30-gdpr/",
)

REQUIRED = ("owner", "data-class", "purpose")


def check(resource: Resource) -> Iterator[str]:
    """A tag without a value tells nothing."""
    found = tags(resource)
    if missing := [name for name in REQUIRED if not found.get(name)]:
        yield f"it has no tag {', '.join(missing)}"
