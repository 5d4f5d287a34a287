"""Data that people load into a notebook stays on its volume."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker notebook's volume is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/notebookInstance:NotebookInstance",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_22", "sagemaker_notebook_instance_encryption_enabled"),
    remediation="set kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)

check = present("kmsKeyId", "its volume has a key of the service's only")
