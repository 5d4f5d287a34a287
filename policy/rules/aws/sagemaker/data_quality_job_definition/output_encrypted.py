"""The statistics of a monitoring job tell about the people in the data."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="What a data-quality job writes is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_367",),
    remediation="set data_quality_job_output_config.kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)

check = present(
    "dataQualityJobOutputConfig.kmsKeyId", "its reports have a key of the service's only"
)
