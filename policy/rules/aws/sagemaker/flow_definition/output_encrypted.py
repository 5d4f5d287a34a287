"""People's reviews of single answers are personal data."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="What human reviewers write is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/flowDefinition:FlowDefinition",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_372",),
    remediation="set output_config.kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)

check = present("outputConfig.kmsKeyId", "reviews have a key of the service's only")
