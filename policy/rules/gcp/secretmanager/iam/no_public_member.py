"""A secret that everybody may read is none."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a secret lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("secretmanager/secretIam", "secretmanager/regionalSecretIam"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/secret-manager/docs/access-control",
)

check = nobody_from_outside()
