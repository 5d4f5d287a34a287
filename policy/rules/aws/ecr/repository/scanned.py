"""Images carry vulnerable libraries into training and serving."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Images are scanned when they are pushed",
    severity=Severity.HIGH,
    types=("aws:ecr/repository:Repository",),
    gdpr=("32",),
    hipaa=("164.308(a)(1)(ii)(D)",),
    controls=("ECR.1", "CKV_AWS_163"),
    remediation="set image_scanning_configuration.scan_on_push",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-1",
)

check = equals("imageScanningConfiguration.scanOnPush", True)
