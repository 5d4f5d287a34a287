"""A container without a network can send neither data nor model anywhere."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker model runs in network isolation",
    severity=Severity.HIGH,
    types=("aws:sagemaker/model:Model",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    controls=("SageMaker.5", "CKV_AWS_370", "sagemaker_models_network_isolation_enabled"),
    remediation="set enable_network_isolation",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-5",
)

check = equals("enableNetworkIsolation", True)
