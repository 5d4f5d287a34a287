"""``aws:s3/bucket:Bucket``."""

import re
from typing import Any, Final

from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud, code_of, dns_suffix_of
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.tagging import pairs, unpaired
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import each

# https://docs.aws.amazon.com/general/latest/gr/s3.html (website endpoints)
_HOSTED_ZONES: Final = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-south-1": "Z11RGJOFQNVJUP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
    "us-east-1": "Z3AQBSTGFJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}


def _name_fault(name: Any) -> str | None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    text = str(name)
    if not 3 <= len(text) <= 63:
        return f"bucket name {text!r} must have 3 to 63 characters, not {len(text)}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9.\-]*[a-z0-9]", text) or ".." in text:
        return (
            f"bucket name {text!r} may hold only lower-case letters, digits, dots and hyphens, "
            "and starts and ends with a letter or digit"
        )
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", text):
        return f"bucket name {text!r} must not look like an IP address"
    if text.startswith(("xn--", "sthree-", "amzn-s3-demo-")):
        return f"bucket name {text!r} has a reserved prefix"
    return None


class Bucket(AwsResource):
    """A bucket; its settings are resources of their own, as pulumi-aws 7 recommends."""

    token = "aws:s3/bucket:Bucket"
    auto_name = AutoName("bucket", 63, str.lower)
    immutable = frozenset({"bucket", "bucketPrefix", "objectLockEnabled", "region"})
    mutable = frozenset({"forceDestroy", "tags"})
    local = frozenset({"forceDestroy"})
    defaults = {"forceDestroy": False}
    rules = (each("bucket", _name_fault),)
    instead = {
        "acl": "aws.s3.BucketAcl",
        "lifecycleRules": "aws.s3.BucketLifecycleConfiguration",
        "logging": "aws.s3.BucketLogging",
        "policy": "aws.s3.BucketPolicy",
        "serverSideEncryptionConfiguration": "aws.s3.BucketServerSideEncryptionConfiguration",
        "versioning": "aws.s3.BucketVersioning",
    }

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["bucket"])
        self._refuse_existing(cloud, name)
        location = {"LocationConstraint": cloud.region} if cloud.region != "us-east-1" else None
        cloud.run(
            "s3",
            "create_bucket",
            Bucket=name,
            CreateBucketConfiguration=location,
            ObjectLockEnabledForBucket=inputs.get("objectLockEnabled"),
        )
        if inputs.get("tags"):
            self._tag(cloud, name, inputs["tags"])
        return name

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        region = cloud.run("s3", "get_bucket_location", Bucket=resource_id).get(
            "LocationConstraint"
        )
        region = region or "us-east-1"
        suffix = dns_suffix_of(region)
        return {
            "arn": f"arn:{cloud.partition}:s3:::{resource_id}",
            "bucket": resource_id,
            "bucketDomainName": f"{resource_id}.s3.{dns_suffix_of(cloud.region)}",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{resource_id}.s3.{region}.{suffix}",
            "hostedZoneId": _HOSTED_ZONES.get(region),
            "objectLockEnabled": self._locked(cloud, resource_id),
            "requestPayer": "BucketOwner",
            "tags": self._tags(cloud, resource_id),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        """Only ``forceDestroy`` gets here, and the cloud does not know it."""

    def update(
        self, context: Any, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        cloud = self.cloud(context, new)
        if (outputs.get("tags") or {}) != (new.get("tags") or {}):
            tag = self._tag if new.get("tags") else self._untag
            self._attempt("tagging", tag, cloud, resource_id, new.get("tags"))
        return super().update(context, resource_id, outputs, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if outputs.get("forceDestroy"):
            _empty(cloud, resource_id)
        cloud.run("s3", "delete_bucket", Bucket=resource_id)

    @staticmethod
    def _refuse_existing(cloud: Cloud, name: str) -> None:
        # In us-east-1 S3 itself accepts a second creation by the owner; the provider does not.
        try:
            cloud.run("s3", "head_bucket", Bucket=name)
        except cloud.client("s3").exceptions.ClientError as error:
            if code_of(error) != "404":
                raise
            return
        raise ResourceFailedError(
            f"creating S3 Bucket ({name}): BucketAlreadyExists: the bucket name is taken"
        )

    @staticmethod
    def _tag(cloud: Cloud, name: str, tags: Any) -> None:
        cloud.run("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": pairs(tags)})

    @staticmethod
    def _untag(cloud: Cloud, name: str, _: Any) -> None:
        cloud.run("s3", "delete_bucket_tagging", Bucket=name)

    @staticmethod
    def _tags(cloud: Cloud, name: str) -> dict[str, str]:
        try:
            answer = cloud.run("s3", "get_bucket_tagging", Bucket=name)
        except cloud.client("s3").exceptions.ClientError as error:
            if code_of(error) == "NoSuchTagSet":
                return {}
            raise
        return unpaired(answer["TagSet"])

    @staticmethod
    def _locked(cloud: Cloud, name: str) -> bool:
        try:
            answer = cloud.run("s3", "get_object_lock_configuration", Bucket=name)
        except cloud.client("s3").exceptions.ClientError:
            return False
        enabled = answer["ObjectLockConfiguration"].get("ObjectLockEnabled")
        return bool(enabled == "Enabled")


def _empty(cloud: Cloud, bucket: str) -> None:
    """Deletes every version, delete marker and unfinished upload."""
    client = cloud.client("s3")
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        items = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
        if keys:
            client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", ()):
            client.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
