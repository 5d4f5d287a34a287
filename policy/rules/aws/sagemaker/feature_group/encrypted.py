"""A feature store is a copy of the data, by person."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Both stores of a feature group are encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:sagemaker/featureGroup:FeatureGroup",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    remediation="set kms_key_id of s3_storage_config and security_config",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-security.html",
)

STORES = {
    "offlineStoreConfig": "s3StorageConfig.kmsKeyId",
    "onlineStoreConfig": "securityConfig.kmsKeyId",
}


def check(resource: Resource) -> Iterator[str]:
    """A group has an online store, an offline one, or both."""
    for store, path in STORES.items():
        if resource.blocks(store) and not resource.has(f"{store}.{path}"):
            yield f"{store}.{path} is not set"
