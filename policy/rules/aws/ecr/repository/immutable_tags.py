"""A tag that can move runs other code than was tested."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Image tags are immutable",
    severity=Severity.MEDIUM,
    types=("aws:ecr/repository:Repository",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("ECR.2", "CKV_AWS_51"),
    remediation="set image_tag_mutability to IMMUTABLE",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-2",
)

check = equals("imageTagMutability", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")
