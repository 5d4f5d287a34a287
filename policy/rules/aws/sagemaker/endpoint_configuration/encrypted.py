"""Models and requests lie on the volumes of an endpoint's instances."""

from collections.abc import Iterator

from policy.jobs import has_local_storage
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.values import known

RULE = Rule(
    title="An endpoint's volumes are encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/endpointConfiguration:EndpointConfiguration",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_98", "sagemaker_endpoint_config_kms_encryption_enabled"),
    remediation="set kms_key_arn",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Serverless variants have no volume; local NVMe takes no key and is encrypted by itself."""
    variants = resource.blocks("productionVariants") + resource.blocks("shadowProductionVariants")
    servers = [variant for variant in variants if not variant.get("serverlessConfig")]
    if resource.has("kmsKeyArn") or (variants and not servers):
        return
    kinds = [known(variant.get("instanceType"), "instanceType") for variant in servers]
    if not kinds or not all(kind and has_local_storage(kind) for kind in kinds):
        yield "kmsKeyArn is not set"
