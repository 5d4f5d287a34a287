"""A monitoring job copies captured requests to its volume."""

from collections.abc import Iterator

from policy.jobs import has_local_storage
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="The volume of a data-quality job is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_368",),
    remediation="set job_resources.cluster_config.volume_kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Local NVMe takes no key of one's own; the hardware encrypts it."""
    cluster = "jobResources.clusterConfig"
    if resource.has(f"{cluster}.volumeKmsKeyId"):
        return
    if not has_local_storage(resource.get(f"{cluster}.instanceType", "")):
        yield f"{cluster}.volumeKmsKeyId is not set"
