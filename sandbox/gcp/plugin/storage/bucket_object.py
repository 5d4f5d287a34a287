"""``gcp:storage/bucketObject:BucketObject``."""

import base64
import json
import secrets
from typing import Any, Final
from urllib.parse import quote

from plugin import UNKNOWN, Context
from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.gcp.plugin.wire import from_wire
from sandbox.plugins import assets
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import exactly_one

_FIELDS: Final = frozenset(
    {
        "cacheControl",
        "contentDisposition",
        "contentEncoding",
        "contentLanguage",
        "contentType",
        "eventBasedHold",
        "metadata",
        "storageClass",
        "temporaryHold",
    }
)
_CONTENT: Final = frozenset({"content", "detectMd5hash", "source", "sourceMd5hash"})
_TOLD: Final = _FIELDS | {"crc32c", "generation", "kmsKeyName", "mediaLink", "selfLink"}


class BucketObject(GcpResource):
    """One object; changed content is uploaded over it, without deleting it first."""

    token = "gcp:storage/bucketObject:BucketObject"
    auto_name = AutoName("name", 255)
    places = frozenset()
    immutable = frozenset(
        {
            "bucket",
            "cacheControl",
            "contentDisposition",
            "contentEncoding",
            "contentLanguage",
            "contentType",
            "kmsKeyName",
            "metadata",
            "name",
            "storageClass",
        }
    )
    mutable = _CONTENT | {"deletionPolicy", "eventBasedHold", "temporaryHold"}
    local = _CONTENT | {"deletionPolicy"}
    volatile = frozenset({"crc32c", "generation", "md5hash", "md5hexhash", "mediaLink"})
    unknown_until_created = frozenset(
        {"contentType", "detectMd5hash", "kmsKeyName", "storageClass"}
    )
    instead = {"customerEncryption": "kmsKeyName", "retention": "retentionPolicy of the bucket"}
    rules = (exactly_one("content", "source"),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        self._upload(cloud, inputs)
        return f"{inputs['bucket']}-{inputs['name']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        bucket, name = _place(resource_id, known)
        answer = cloud.call("GET", _path(bucket, name))
        wanted = {key: item for key, item in self.schema.outputs.items() if key in _TOLD}
        digest = str(answer.get("md5Hash") or "")
        return {
            **from_wire(answer, wanted, {}),
            "bucket": bucket,
            "detectMd5hash": digest,
            "kmsKeyName": _without_version(answer.get("kmsKeyName")),
            "md5hash": digest,
            "md5hexhash": base64.b64decode(digest).hex(),
            "name": name,
            "outputName": name,
        }

    def id_of(self, resource_id: str, found: Properties) -> str:
        return f"{found['bucket']}-{found['name']}"

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if changed & _CONTENT:
            self._upload(cloud, new)
            return
        holds = {
            name: bool(new.get(name)) for name in changed & {"eventBasedHold", "temporaryHold"}
        }
        if holds:
            bucket, name = _place(resource_id, new)
            cloud.call("PATCH", _path(bucket, name), body=holds)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        bucket, name = _place(resource_id, outputs)
        cloud.call("DELETE", _path(bucket, name))

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        previewed = dict(super().preview_update(outputs, new))
        before = {name: outputs.get(name) for name in new}
        told = self.diff(Context(), "", before, new).changed
        if not {path.split(".")[0].split("[")[0] for path in told} & _CONTENT:
            previewed |= {name: outputs[name] for name in self.volatile if name in outputs}
        return previewed

    def _upload(self, cloud: Cloud, inputs: Properties) -> None:
        content = _content(inputs, cloud.context.peer)
        about = {name: inputs[name] for name in _FIELDS if inputs.get(name) is not None}
        about["name"] = inputs["name"]
        kind = str(inputs.get("contentType") or _guessed(inputs))
        boundary = secrets.token_hex(16)
        head = (
            f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
            f"{json.dumps(about)}\r\n--{boundary}\r\nContent-Type: {kind}\r\n\r\n"
        )
        cloud.send(
            "POST",
            f"/upload/storage/v1/b/{inputs['bucket']}/o",
            query={"uploadType": "multipart", "kmsKeyName": inputs.get("kmsKeyName")},
            body=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
            content_type=f"multipart/related; boundary={boundary}",
        )


def _path(bucket: str, name: str) -> str:
    return f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"


def _place(resource_id: str, known: Properties) -> tuple[str, str]:
    if known.get("bucket") and known.get("name"):
        return str(known["bucket"]), str(known["name"])
    bucket, slash, name = resource_id.partition("/")
    if not slash:
        raise ResourceFailedError(f"{resource_id!r}: import an object as BUCKET/NAME")
    return bucket, name


def _content(inputs: Properties, peer: str) -> bytes:
    if inputs.get("content") is not None:
        return str(inputs["content"]).encode()
    source = inputs.get("source")
    if source is None or source is UNKNOWN:
        return b""
    try:
        return assets.content(source, peer)
    except (OSError, ValueError) as error:
        raise ResourceFailedError(f"source of {inputs['name']!r}: {error}") from error


def _guessed(inputs: Properties) -> str:
    if inputs.get("content") is not None:
        return "text/plain; charset=utf-8"
    return "application/octet-stream"


def _without_version(key: Any) -> Any:
    # The cloud names the version that encrypted; the program names the key.
    return key.partition("/cryptoKeyVersions/")[0] if isinstance(key, str) else None
