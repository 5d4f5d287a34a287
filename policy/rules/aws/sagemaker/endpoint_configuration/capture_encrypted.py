"""Captured requests and answers are personal data as much as the table is."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Captured requests are encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/endpointConfiguration:EndpointConfiguration",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_98",),
    remediation="set data_capture_config.kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataCaptureConfig.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Nothing captured is nothing to encrypt."""
    if not resource.blocks("dataCaptureConfig") or resource.has("dataCaptureConfig.kmsKeyId"):
        return
    if resource.get("dataCaptureConfig.enableCapture") is not False:
        yield "dataCaptureConfig.kmsKeyId is not set"
