"""``aws:s3/bucketObjectv2:BucketObjectv2``."""

import base64
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from plugin import UNKNOWN, Context
from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.tagging import pairs, unpaired
from sandbox.plugins import assets
from sandbox.plugins.rules import conflicting, one_of

_HEADERS: Final[Mapping[str, str]] = {
    "acl": "ACL",
    "bucketKeyEnabled": "BucketKeyEnabled",
    "cacheControl": "CacheControl",
    "contentDisposition": "ContentDisposition",
    "contentEncoding": "ContentEncoding",
    "contentLanguage": "ContentLanguage",
    "contentType": "ContentType",
    "metadata": "Metadata",
    "serverSideEncryption": "ServerSideEncryption",
    "kmsKeyId": "SSEKMSKeyId",
    "storageClass": "StorageClass",
    "websiteRedirect": "WebsiteRedirectLocation",
}
_CONTENT: Final = frozenset({"content", "contentBase64", "source", "sourceHash", "etag"})


class BucketObjectv2(AwsResource):
    """One object; a changed content is a new version of it."""

    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    immutable = frozenset({"bucket", "key", "region"})
    mutable = frozenset(_HEADERS) | _CONTENT | {"forceDestroy", "tags"}
    local = frozenset({"forceDestroy", "content", "contentBase64", "source", "sourceHash", "acl"})
    defaults = {"forceDestroy": False}
    volatile = frozenset({"etag", "versionId"})
    unknown_until_created = frozenset(
        {"etag", "contentType", "storageClass", "serverSideEncryption", "kmsKeyId"}
    )
    rules = (
        conflicting("content", "contentBase64", "source"),
        conflicting("contentBase64", "source"),
        conflicting("etag", "kmsKeyId"),
        one_of("serverSideEncryption", {"AES256", "aws:kms", "aws:kms:dsse"}),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        if inputs.get("key") is None:
            raise ResourceFailedError("the object needs a key")
        self._put(cloud, inputs)
        return str(inputs["key"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        bucket, key = _place(resource_id, known)
        head = cloud.run("s3", "head_object", Bucket=bucket, Key=key)
        found = {name: head.get(member) for name, member in _HEADERS.items() if name != "acl"}
        tags = cloud.run("s3", "get_object_tagging", Bucket=bucket, Key=key)
        return {
            **found,
            "arn": f"arn:{cloud.partition}:s3:::{bucket}/{key}",
            "bucket": bucket,
            "bucketKeyEnabled": bool(head.get("BucketKeyEnabled")),
            "etag": head["ETag"].strip('"'),
            "key": key,
            "kmsKeyId": self._key(head.get("SSEKMSKeyId"), known),
            "storageClass": head.get("StorageClass") or "STANDARD",
            "tags": unpaired(tags.get("TagSet")),
            "versionId": head.get("VersionId"),
        }

    def id_of(self, resource_id: str, found: Properties) -> str:
        return str(found["key"])

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if changed - {"forceDestroy"}:
            self._put(cloud, new)

    def update(
        self, context: Any, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if (outputs.get("tags") or {}) != (new.get("tags") or {}):
            cloud = self.cloud(context, new)
            bucket, key = _place(resource_id, new)
            tags = {"TagSet": pairs(new.get("tags") or {})}
            client = cloud.client("s3")

            def tag() -> None:
                client.put_object_tagging(Bucket=bucket, Key=key, Tagging=tags)

            self._attempt("tagging", tag)
        return super().update(context, resource_id, outputs, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        bucket, key = _place(resource_id, outputs)
        client = cloud.client("s3")
        if not outputs.get("versionId"):
            client.delete_object(Bucket=bucket, Key=key)
            return
        for page in client.get_paginator("list_object_versions").paginate(
            Bucket=bucket, Prefix=key
        ):
            for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if item["Key"] == key:
                    client.delete_object(Bucket=bucket, Key=key, VersionId=item["VersionId"])

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        previewed = dict(super().preview_update(outputs, new))
        told = self.diff(Context(), "", outputs_as_inputs(outputs, new), new)
        if not {path.split(".")[0].split("[")[0] for path in told.changed} - {"tags"}:
            previewed |= {name: outputs[name] for name in self.volatile if name in outputs}
        return previewed

    @staticmethod
    def _key(found: Any, known: Properties) -> Any:
        declared = known.get("kmsKeyId")
        if not isinstance(declared, str) or not isinstance(found, str):
            return found
        return declared if found.endswith(declared.rsplit("/", 1)[-1]) else found

    @staticmethod
    def _put(cloud: Cloud, inputs: Properties) -> None:
        headers = {
            member: inputs[name]
            for name, member in _HEADERS.items()
            if inputs.get(name) is not None
        }
        if "SSEKMSKeyId" in headers:
            headers.setdefault("ServerSideEncryption", "aws:kms")
        cloud.run(
            "s3",
            "put_object",
            Bucket=inputs["bucket"],
            Key=inputs["key"],
            Body=_body(inputs, cloud.context.peer),
            Tagging=urlencode(inputs["tags"]) if inputs.get("tags") else None,
            **headers,
        )


def outputs_as_inputs(outputs: Properties, new: Properties) -> dict[str, Any]:
    """The part of the outputs that ``new`` declares."""
    return {name: outputs.get(name) for name in new}


def _body(inputs: Properties, peer: str) -> bytes:
    if inputs.get("contentBase64") is not None:
        return base64.b64decode(inputs["contentBase64"])
    if inputs.get("content") is not None:
        return str(inputs["content"]).encode()
    source = inputs.get("source")
    if source is None or source is UNKNOWN:
        return b""
    try:
        return assets.content(source, peer)
    except (OSError, ValueError) as error:
        raise ResourceFailedError(f"source of {inputs['key']!r}: {error}") from error


def _place(resource_id: str, known: Properties) -> tuple[str, str]:
    """Bucket and key; an import names both in its id."""
    if known.get("bucket") and known.get("key"):
        return str(known["bucket"]), str(known["key"])
    bucket, _, key = resource_id.removeprefix("s3://").partition("/")
    return bucket, key
