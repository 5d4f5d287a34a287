"""Whoever may act as a service account has all of its rights."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a service account lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("serviceaccount/iAM"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/iam/docs/service-account-permissions",
)

check = nobody_from_outside()
