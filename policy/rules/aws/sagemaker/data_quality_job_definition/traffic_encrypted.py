"""The nodes of a monitoring job exchange parts of the captured requests."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Traffic between the nodes of a data-quality job is encrypted",
    severity=Severity.MEDIUM,
    types=("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",),
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    controls=("CKV_AWS_369",),
    remediation="set network_config.enable_inter_container_traffic_encryption",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html",
)

check = equals("networkConfig.enableInterContainerTrafficEncryption", True)
