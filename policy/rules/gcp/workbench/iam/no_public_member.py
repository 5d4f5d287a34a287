"""Whoever reaches a notebook acts as its service account."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a Workbench notebook lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("workbench/instanceIam"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-access-jupyterlab",
)

check = nobody_from_outside()
