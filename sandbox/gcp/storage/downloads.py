"""Bodies of objects over HTTP: whole, in ranges, and decompressed when the client asks for that."""

import gzip
import re
from datetime import datetime
from email.utils import format_datetime

from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError
from sandbox.gcp.storage.buckets import Buckets
from sandbox.gcp.storage.refusals import check_conditions, no_object
from sandbox.gcp.storage.table import Generation, ObjectTable
from sandbox.router import Request, Response

SMALL = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def media(request: Request, objects: ObjectTable, item: Generation) -> Response:
    """An object's body, or the range of it that the request asks for.

    Raises:
        ApiError: 416 when the range begins after the end.
    """
    value = item.value
    size = int(value["size"])
    path = objects.bodies.path(item.body)
    hashes = [f"crc32c={value['crc32c']}"]
    if "md5Hash" in value:
        hashes.append(f"md5={value['md5Hash']}")
    headers = {
        "content-type": value.get("contentType", "application/octet-stream"),
        "etag": value["etag"],
        "last-modified": format_datetime(datetime.fromisoformat(value["updated"]), usegmt=False),
        "accept-ranges": "bytes",
        "x-goog-generation": value["generation"],
        "x-goog-metageneration": value["metageneration"],
        "x-goog-storage-class": value["storageClass"],
        "x-goog-stored-content-encoding": value.get("contentEncoding", "identity"),
        "x-goog-stored-content-length": str(size),
        "x-goog-hash": ",".join(hashes),
    }
    for field, header in (
        ("cacheControl", "cache-control"),
        ("contentDisposition", "content-disposition"),
        ("contentEncoding", "content-encoding"),
        ("contentLanguage", "content-language"),
    ):
        if value.get(field):
            headers[header] = value[field]
    for name, text in (value.get("metadata") or {}).items():
        headers[f"x-goog-meta-{name}"] = text
    accepts_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if value.get("contentEncoding") == "gzip" and not accepts_gzip:
        # Ranges of the decompressed form are not offered, as in the cloud.
        del headers["content-encoding"]
        headers["warning"] = "214 UploadServer gunzipped"
        return Response(200, gzip.decompress(path.read_bytes()), headers)
    start, length, partial = _range(request, size)
    if partial:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{size}"
    status = 206 if partial else 200
    if length <= SMALL:
        with path.open("rb") as file:
            file.seek(start)
            return Response(status, file.read(length), headers)
    return Response(status, b"", headers, file=(path, start, length))


def _range(request: Request, size: int) -> tuple[int, int, bool]:
    """Offset and length to send, and whether that is a part only."""
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match.groups() == ("", ""):
        return 0, size, False
    first, last = match.groups()
    if first == "":
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
    if start >= size or end < start:
        raise ApiError(
            "INVALID_ARGUMENT",
            "The requested range cannot be satisfied.",
            status=416,
            reason="requestedRangeNotSatisfiable",
        )
    return start, end - start + 1, True


def install(context: Context, buckets: Buckets) -> None:
    """The addresses of bodies."""
    objects = buckets.objects

    def download(request: Request) -> Response:
        bucket, name = buckets.find(request)["name"], request.variables["object"]
        item = objects.find(bucket, name, request.query.get("generation"))
        if item is None:
            raise no_object(bucket, name)
        check_conditions(request, item.value)
        return media(request, objects, item)

    for prefix in ("/download/storage/v1", "/storage/v1/download"):
        context.route("GET", f"{prefix}/b/{{bucket*}}/o/{{object*}}", download)
        context.route("HEAD", f"{prefix}/b/{{bucket*}}/o/{{object*}}", download)
