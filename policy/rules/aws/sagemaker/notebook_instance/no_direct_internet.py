"""A notebook with a direct way to the internet carries data out past every other control."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker notebook has no direct internet access",
    severity=Severity.HIGH,
    types=("aws:sagemaker/notebookInstance:NotebookInstance",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    controls=(
        "SageMaker.1",
        "CKV_AWS_122",
        "sagemaker_notebook_instance_without_direct_internet_access_configured",
    ),
    remediation="set direct_internet_access to Disabled and give the notebook a subnet",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-1",
)

check = equals("directInternetAccess", "Disabled")
