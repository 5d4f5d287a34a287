"""A secret that leaked unseen is worth something for a bounded time."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

LONGEST = 90 * 24 * 60 * 60

RULE = Rule(
    title="A secret in Secret Manager is due for rotation every 90 days",
    severity=Severity.MEDIUM,
    types=("gcp:secretmanager/secret:Secret", "gcp:secretmanager/regionalSecret:RegionalSecret"),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("secretmanager_secret_rotation_enabled",),
    remediation="set rotation.rotation_period to 7776000s or less",
    link="https://cloud.google.com/secret-manager/docs/secret-rotation",
)


def check(secret: Resource) -> Iterator[str]:
    """Secret Manager sends a message when it is due; whoever gets that makes the new version."""
    period = secret.get("rotation.rotationPeriod")
    if period is None:
        yield "rotation.rotationPeriod is not set"
    elif float(period.removesuffix("s")) > LONGEST:
        yield f"rotation.rotationPeriod is {period}, above {LONGEST}s"
