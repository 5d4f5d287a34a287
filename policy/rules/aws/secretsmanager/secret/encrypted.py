"""A key of one's own tells who read the secret, and can be taken away."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A secret is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("aws:secretsmanager/secret:Secret",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_149",),
    remediation="set kms_key_id",
    link="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
)

check = present("kmsKeyId", "it has a key of the service's only")
