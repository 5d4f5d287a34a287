"""Images hold code and sometimes data."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A repository is encrypted with KMS",
    severity=Severity.MEDIUM,
    types=("aws:ecr/repository:Repository",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("ECR.5", "CKV_AWS_136"),
    remediation="set encryption_configurations to KMS with a key",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-5",
)

check = equals("encryptionConfigurations.encryptionType", "KMS", "KMS_DSSE")
