"""A domain's file system holds the notebooks and data of all its users."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker domain is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/domain:Domain",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_187",),
    remediation="set kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)

check = present("kmsKeyId", "its file system has a key of the service's only")
