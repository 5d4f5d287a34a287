"""In a network of one's own its traffic can be watched and restrained."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker notebook is in a VPC",
    severity=Severity.HIGH,
    types=("aws:sagemaker/notebookInstance:NotebookInstance",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("SageMaker.2", "CKV_AWS_306", "sagemaker_notebook_instance_vpc_settings_configured"),
    remediation="set subnet_id and security_groups",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-2",
)

check = present("subnetId", "the notebook is in the service's own network")
