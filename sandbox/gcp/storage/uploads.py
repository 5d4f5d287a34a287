"""Uploads: in one request, as multipart, and resumable in any number of requests."""

import json
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError
from sandbox.gcp.storage.bodies import Blob, chunks_of
from sandbox.gcp.storage.buckets import Buckets
from sandbox.gcp.storage.object_metadata import refuse_retained, settable
from sandbox.gcp.storage.refusals import check_conditions, invalid
from sandbox.router import Request, Response
from sandbox.store import Record

COLLECTION = "uploads"
LONGEST_NAME = 1024
# Bytes of a multipart upload in which the resource is, and after the object's own body.
_HEAD = 256 * 1024
_TAIL = 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_HASH = re.compile(r"(crc32c|md5)=([A-Za-z0-9+/=]+)")


class Uploads:
    """Answers uploads; sessions of resumable ones survive a restart."""

    def __init__(self, context: Context, buckets: Buckets) -> None:
        self._context = context
        self._store = context.store
        self._buckets = buckets
        self._objects = buckets.objects
        self._directory = context.directory / "uploads"
        self._directory.mkdir(exist_ok=True)
        for prefix in ("/upload/storage/v1", "/resumable/upload/storage/v1"):
            base = f"{prefix}/b/{{bucket*}}/o"
            context.route("POST", base, self._post)
            context.route("PUT", base, self._put)
            context.route("DELETE", base, self._abandon)

    def _post(self, request: Request) -> Record | Response:
        if "x-goog-encryption-key" in request.headers:
            raise invalid("The sandbox does not support customer-supplied encryption keys.")
        kind = request.query.get("uploadType")
        if "upload_id" in request.query:
            return self._put(request)
        match kind:
            case "media":
                given = {"contentType": request.headers.get("content-type")}
                with request.body.open() as file:
                    return self._finish(request, given, chunks_of(file))
            case "multipart":
                given, start, end = _parts(request)
                with request.body.open() as file:
                    file.seek(start)
                    return self._finish(request, given, chunks_of(file, end - start))
            case "resumable":
                return self._begin(request)
        raise invalid(f"Invalid uploadType: {kind!r}")

    def _finish(
        self, request: Request, given: Record, chunks: Iterable[bytes], *, name: str | None = None
    ) -> Record:
        bucket = self._buckets.find(request)
        name = name or str(request.query.get("name") or given.get("name") or "")
        if not name or len(name.encode()) > LONGEST_NAME or "\n" in name or "\r" in name:
            raise invalid("Required" if not name else "Disallowed name of an object.")
        fields = settable({key: value for key, value in given.items() if value is not None})
        for parameter, field in (("kmsKeyName", "kmsKeyName"), ("contentEncoding",) * 2):
            if request.query.get(parameter):
                fields[field] = request.query[parameter]
        blob = self._objects.bodies.write(chunks)
        try:
            _compare(request, given, blob)
            with self._store.transaction():
                current = self._objects.find(bucket["name"], name)
                check_conditions(request, current.value if current else None)
                refuse_retained(bucket, current)
                item = self._objects.insert(bucket, name, fields, blob)
        except BaseException:
            self._objects.bodies.delete([blob.name])
            raise
        return self._objects.resource(item)

    def _begin(self, request: Request) -> Response:
        given = request.json()
        bucket = self._buckets.find(request)
        name = str(request.query.get("name") or given.get("name") or "")
        if not name:
            raise invalid("Required")
        current = self._objects.find(bucket["name"], name)
        check_conditions(request, current.value if current else None)
        refuse_retained(bucket, current)
        declared = request.headers.get("x-upload-content-type")
        if declared and "contentType" not in given:
            given["contentType"] = declared
        identifier = secrets.token_urlsafe(32)
        query = {key: value for key, value in request.query.items() if key != "upload_id"}
        (self._directory / identifier).touch()
        self._store.put(COLLECTION, identifier, {"given": given, "query": query, "name": name})
        parameters = "".join(
            f"{key}={quote(value, safe='')}&" for key, value in query.items() if key != "name"
        )
        location = (
            f"{self._context.url}/upload/storage/v1/b/{quote(bucket['name'], safe='')}/o"
            f"?{parameters}upload_id={identifier}"
        )
        headers = {"location": location, "x-guploader-uploadid": identifier}
        return Response(200, b"", headers)

    def _session(self, request: Request) -> tuple[str, Record, Path]:
        identifier = request.query.get("upload_id", "")
        session = self._store.get(COLLECTION, identifier)
        if session is None:
            raise ApiError(
                "NOT_FOUND", "Upload session not found or ended.", status=410, reason="gone"
            )
        return identifier, session, self._directory / identifier

    def _put(self, request: Request) -> Record | Response:
        identifier, session, path = self._session(request)
        if "result" in session:
            return dict(session["result"])
        header = request.headers.get("content-range")
        held = path.stat().st_size
        total: str
        if header is None:
            first, total = 0, str(request.body.size)
        else:
            match = _CONTENT_RANGE.fullmatch(header.strip())
            if match is None:
                raise invalid(f"Failed to parse Content-Range header {header!r}.")
            first = int(match[1]) if match[1] else held
            total = match[3]
        if first > held:
            raise ApiError(
                "INVALID_ARGUMENT", "Bytes before the range are missing.", status=503,
                reason="backendError",
            )  # fmt: skip
        with path.open("r+b") as target, request.body.open() as source:
            # A client that did not see our answer sends a range again.
            target.seek(first)
            for chunk in chunks_of(source):
                target.write(chunk)
            held = max(held, target.tell())
        if total == "*" or held < int(total):
            headers = {"range": f"bytes=0-{held - 1}"} if held else {}
            headers["x-guploader-uploadid"] = identifier
            return Response(308, b"", headers)
        if held > int(total):
            raise invalid("More bytes were sent than the upload has.")
        request.queries = {key: [value] for key, value in session["query"].items()}
        with path.open("rb") as file:
            result = self._finish(request, session["given"], chunks_of(file), name=session["name"])
        # Asked again after its end, the session answers with the same object.
        self._store.put(COLLECTION, identifier, {"result": result})
        path.write_bytes(b"")
        return result

    def _abandon(self, request: Request) -> Response:
        identifier, _, path = self._session(request)
        self._store.delete(COLLECTION, identifier)
        path.unlink(missing_ok=True)
        return Response(status=499)


def _parts(request: Request) -> tuple[Record, int, int]:
    """The resource of a multipart/related upload, and where in the body the object's own is."""
    match = re.search(r'boundary="?([^";,]+)"?', request.headers.get("content-type", ""))
    if match is None:
        raise invalid("Multipart upload without a boundary.")
    mark = b"--" + match[1].strip(" '").encode()
    with request.body.open() as file:
        head = file.read(_HEAD)
        tail_start = file.seek(max(0, request.body.size - len(mark) - _TAIL))
        tail = file.read()
    first = head.find(mark)
    second = head.find(b"\n" + mark, first + len(mark))
    last = tail.rfind(b"\n" + mark)
    if first < 0 or second < 0 or last < 0 or tail_start + last <= second:
        raise invalid("Multipart upload needs two parts.")
    _, begin = _fields(head, first + len(mark))
    kind, start = _fields(head, second + 1 + len(mark))
    end = tail_start + last
    if tail[last - 1 : last] == b"\r":
        end -= 1
    try:
        given = json.loads(head[begin:second] or b"{}")
    except ValueError as error:
        raise invalid("The first part of a multipart upload must be JSON.") from error
    given.setdefault("contentType", kind)
    return given, start, max(start, end)


def _fields(head: bytes, position: int) -> tuple[str | None, int]:
    """Content type of the part that begins at a boundary's end, and where its content begins."""
    ends = [
        (found, found + len(separator))
        for separator in (b"\r\n\r\n", b"\n\n")
        if (found := head.find(separator, position)) >= 0
    ]
    if not ends:
        raise invalid("A part of the multipart upload has no end of its header.")
    stop, content = min(ends)
    kind = None
    for line in head[position:stop].splitlines():
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip().lower() == "content-type":
            kind = value.strip()
    return kind, content


def _compare(request: Request, given: Record, blob: Blob) -> None:
    """Refuse a body that is not what the client meant to send."""
    header = dict(_HASH.findall(request.headers.get("x-goog-hash", "")))
    for field, key, found in (("crc32c", "crc32c", blob.crc32c), ("md5Hash", "md5", blob.md5)):
        wanted = given.get(field) or header.get(key)
        if wanted and wanted != found:
            name = "CRC32C" if key == "crc32c" else "MD5 hash"
            raise invalid(f'Provided {name} "{wanted}" doesn\'t match calculated {name} "{found}".')


def install(context: Context, buckets: Buckets) -> None:
    """Uploads of every kind."""
    Uploads(context, buckets)
