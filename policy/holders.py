"""What holds or processes data, in any of the clouds."""

from collections.abc import Mapping
from typing import Any, Final

from policy.resource import Resource
from policy.values import known

BUCKETS: Final = (
    "aws:s3/bucket:Bucket",
    "gcp:storage/bucket:Bucket",
    "azure-native:storage:StorageAccount",
)
LOGS: Final = (
    "aws:cloudwatch/logGroup:LogGroup",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig",
    "azure-native:operationalinsights:Workspace",
)
ENDPOINTS: Final = (
    "aws:sagemaker/endpoint:Endpoint",
    "gcp:vertex/aiEndpoint:AiEndpoint",
    "azure-native:machinelearningservices:OnlineEndpoint",
    "azure-native:machinelearningservices:BatchEndpoint",
)
HOLDERS: Final = (
    *BUCKETS,
    *ENDPOINTS,
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:athena/workgroup:Workgroup",
    "aws:dynamodb/table:Table",
    "aws:ecr/repository:Repository",
    "aws:glue/catalogDatabase:CatalogDatabase",
    "aws:glue/job:Job",
    "aws:rds/instance:Instance",
    "aws:sagemaker/domain:Domain",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    "aws:sagemaker/featureGroup:FeatureGroup",
    "aws:sagemaker/model:Model",
    "aws:sagemaker/notebookInstance:NotebookInstance",
    "aws:sagemaker/trainingJob:TrainingJob",
    "aws:secretsmanager/secret:Secret",
    "gcp:artifactregistry/repository:Repository",
    "gcp:bigquery/dataset:Dataset",
    "gcp:bigquery/table:Table",
    "gcp:sql/databaseInstance:DatabaseInstance",
    "gcp:vertex/aiDataset:AiDataset",
    "gcp:vertex/aiFeatureOnlineStore:AiFeatureOnlineStore",
    "gcp:vertex/aiFeatureStore:AiFeatureStore",
    "gcp:workbench/instance:Instance",
    "azure-native:containerinstance:ContainerGroup",
    "azure-native:containerregistry:Registry",
    "azure-native:keyvault:Vault",
    "azure-native:machinelearningservices:Workspace",
    "azure-native:operationalinsights:Workspace",
)
"""Types that carry tags or labels and a place."""


def tags(resource: Resource) -> dict[str, str]:
    """Its tags, those that its provider adds included; names as labels write them."""
    found: dict[str, str] = {}
    for defaults in ("defaultTags.tags", "defaultLabels"):
        top, _, rest = defaults.partition(".")
        given = Resource(urn="", token="", name="", inputs=resource.provider).document(top) or {}
        found |= (given.get(rest) or {}) if rest else given
    found |= resource.tags
    return {name.replace("_", "-").lower(): str(value) for name, value in found.items()}


def region(resource: Resource) -> str | None:
    """Where it is, as its cloud writes regions in one word; None when neither it nor its
    provider says so.
    """
    for holder in (resource.inputs, resource.provider):
        place = Resource(urn="", token="", name="", inputs=holder)
        for path in ("region", "location"):
            if found := place.get(path):
                return str(found).replace(" ", "").lower()
    return None


def days(value: Any) -> int | None:
    """A number of days that may be written as text; None for none."""
    return None if value in (None, "") else int(value)


def expiry(rule: Mapping[str, Any]) -> int | None:
    """After how many days an S3 lifecycle rule ends objects; None when it does not."""
    block = rule.get("expiration") or {}
    block = block[0] if isinstance(block, list) else block
    return days(known(block.get("days"), "expiration.days"))
