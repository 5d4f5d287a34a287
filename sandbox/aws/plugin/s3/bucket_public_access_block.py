"""``aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock``."""

from plugin.handler import Properties
from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.aws.plugin.cloud import Cloud

_SWITCHES = frozenset(
    {"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"}
)


class BucketPublicAccessBlock(BucketSetting):
    """The four switches against public access."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    create_operation = "PutPublicAccessBlock"
    describe_operation = "GetPublicAccessBlock"
    delete_operation = "DeletePublicAccessBlock"
    body = "PublicAccessBlockConfiguration"
    get_answer = "PublicAccessBlockConfiguration"
    immutable = frozenset({"bucket", "region"})
    mutable = _SWITCHES | {"skipDestroy"}
    local = frozenset({"skipDestroy"})
    defaults = dict.fromkeys(sorted(_SWITCHES), False)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if not outputs.get("skipDestroy"):
            super().remove(cloud, resource_id, outputs)
