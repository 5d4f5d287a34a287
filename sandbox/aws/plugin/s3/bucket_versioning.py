"""``aws:s3/bucketVersioning:BucketVersioning``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.aws.plugin.cloud import Cloud
from sandbox.plugins.rules import one_of


class BucketVersioning(BucketSetting):
    """Versioning; deleting the resource suspends it, for a bucket is never unversioned again."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    create_operation = "PutBucketVersioning"
    describe_operation = "GetBucketVersioning"
    body = "VersioningConfiguration"
    body_property = "versioningConfiguration"
    mutable = frozenset({"versioningConfiguration"})
    rules = (one_of("versioningConfiguration.status", {"Enabled", "Suspended", "Disabled"}),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        if inputs["versioningConfiguration"].get("status") != "Disabled":
            return super().make(cloud, inputs)
        return str(inputs["bucket"])

    def content(self, answer: Any, source: Any, known: Properties) -> dict[str, Any] | None:
        found = super().content(answer, source, known)
        declared = known.get("versioningConfiguration") or {}
        if found is None and declared.get("status") == "Disabled":
            return {"versioningConfiguration": {"status": "Disabled"}}
        return found

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if (outputs.get("versioningConfiguration") or {}).get("status") == "Enabled":
            status = {"Status": "Suspended"}
            cloud.run(
                "s3", "put_bucket_versioning", Bucket=resource_id, VersioningConfiguration=status
            )
