"""Version 1 of the metadata service gives credentials to forged requests."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker notebook answers metadata requests by IMDSv2 only",
    severity=Severity.HIGH,
    types=("aws:sagemaker/notebookInstance:NotebookInstance",),
    gdpr=("32",),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_371",),
    remediation="set the minimum version in instance_metadata_service_configuration to 2",
    link="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstanceMetadataServiceConfiguration.html",
)

check = equals("instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion", "2", 2)
