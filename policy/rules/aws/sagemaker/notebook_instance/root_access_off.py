"""Who has root can undo whatever protects the notebook."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Users of a SageMaker notebook have no root access",
    severity=Severity.HIGH,
    types=("aws:sagemaker/notebookInstance:NotebookInstance",),
    gdpr=("32",),
    hipaa=("164.312(a)(1)",),
    controls=("SageMaker.3", "CKV_AWS_307", "sagemaker_notebook_instance_root_access_disabled"),
    remediation="set root_access to Disabled",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-3",
)

check = equals("rootAccess", "Disabled")
