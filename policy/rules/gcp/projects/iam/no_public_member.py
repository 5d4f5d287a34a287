"""A role in a project is a role on everything in it."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a project lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("projects/iAM"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/iam/docs/overview",
)

check = nobody_from_outside()
