"""Objects made of objects: compose, copy, rewrite, move."""

from collections.abc import Iterable

from sandbox.gcp.context import Context
from sandbox.gcp.storage.bodies import Blob, chunks_of
from sandbox.gcp.storage.buckets import Buckets
from sandbox.gcp.storage.object_metadata import SETTABLE, refuse_retained, settable
from sandbox.gcp.storage.refusals import check_conditions, condition_not_met, invalid, no_object
from sandbox.gcp.storage.table import Generation
from sandbox.router import Request
from sandbox.store import Record

MOST_SOURCES = 32


class Copies:
    """Answers the methods above."""

    def __init__(self, context: Context, buckets: Buckets) -> None:
        self._store = context.store
        self._buckets = buckets
        self._objects = buckets.objects
        base = "/storage/v1/b/{bucket*}/o/{object*}"
        target = "b/{target_bucket*}/o/{target*}"
        context.route("POST", f"{base}/compose", self._compose)
        context.route("POST", f"{base}/copyTo/{target}", self._copy)
        context.route("POST", f"{base}/rewriteTo/{target}", self._rewrite)
        context.route("POST", f"{base}/moveTo/o/{{target*}}", self._move)

    def _insert(
        self, request: Request, bucket: Record, name: str, given: Record, blob: Blob
    ) -> Generation:
        with self._store.transaction():
            current = self._objects.find(bucket["name"], name)
            check_conditions(request, current.value if current else None)
            refuse_retained(bucket, current)
            # Compose calls it the one way, copies the other.
            key = request.query.get("destinationKmsKeyName") or request.query.get("kmsKeyName")
            if key:
                given = {**given, "kmsKeyName": key}
            return self._objects.insert(bucket, name, given, blob)

    def _source(self, request: Request, bucket: str, name: str) -> Generation:
        item = self._objects.find(bucket, name, request.query.get("sourceGeneration"))
        if item is None:
            raise no_object(bucket, name)
        check_conditions(request, item.value, source=True)
        return item

    def _compose(self, request: Request) -> Record:
        bucket, name = self._buckets.find(request), request.variables["object"]
        body = request.json()
        sources = []
        for part in body.get("sourceObjects", []):
            generation = part.get("generation")
            item = self._objects.find(
                bucket["name"], part["name"], str(generation) if generation else None
            )
            if item is None:
                raise no_object(bucket["name"], part["name"])
            wanted = part.get("objectPreconditions", {}).get("ifGenerationMatch")
            if wanted is not None and int(wanted) != item.number:
                raise condition_not_met()
            sources.append(item)
        if not 1 <= len(sources) <= MOST_SOURCES:
            raise invalid(f"A compose request has 1 to {MOST_SOURCES} source objects.")

        def chunks() -> Iterable[bytes]:
            for item in sources:
                with self._objects.bodies.path(item.body).open("rb") as file:
                    yield from chunks_of(file)

        written = self._objects.bodies.write(chunks())
        # A composed object has no MD5 in the cloud, so a client must not come to rely on one.
        blob = Blob(written.name, written.size, written.crc32c, "")
        given = settable(body.get("destination") or {})
        given.setdefault("contentType", sources[0].value.get("contentType"))
        given["componentCount"] = sum(int(s.value.get("componentCount", 1)) for s in sources)
        given["kmsKeyName"] = (body.get("destination") or {}).get("kmsKeyName")
        given = {key: value for key, value in given.items() if value is not None}
        consumed = sources if body.get("deleteSourceObjects") else []
        try:
            with self._store.transaction():
                for item in consumed:
                    refuse_retained(bucket, item)
                composed = self._insert(request, bucket, name, given, blob)
                for item in consumed:  # for good: past versions and soft delete
                    self._objects.drop(item)
        except BaseException:
            self._objects.bodies.delete([blob.name])
            raise
        self._objects.bodies.delete(item.body for item in consumed)
        return self._objects.resource(composed)

    def _copied(self, request: Request) -> Generation:
        source_bucket = self._buckets.find(request)
        bucket = self._buckets.find(request, "target_bucket")
        item = self._source(request, source_bucket["name"], request.variables["object"])
        value = item.value
        given = {key: field for key, field in value.items() if key in SETTABLE}
        given.pop("storageClass", None)
        given |= settable(request.json())
        if "componentCount" in value:
            given["componentCount"] = value["componentCount"]
        blob = Blob(
            self._objects.bodies.copy(item.body),
            int(value["size"]),
            value["crc32c"],
            value.get("md5Hash", ""),
        )
        try:
            return self._insert(request, bucket, request.variables["target"], given, blob)
        except BaseException:
            self._objects.bodies.delete([blob.name])
            raise

    def _copy(self, request: Request) -> Record:
        return self._objects.resource(self._copied(request))

    def _rewrite(self, request: Request) -> Record:
        item = self._copied(request)
        return {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": item.value["size"],
            "objectSize": item.value["size"],
            "done": True,
            "resource": self._objects.resource(item),
        }

    def _move(self, request: Request) -> Record:
        variables = dict(request.variables)
        request.variables = {**variables, "target_bucket": variables["bucket"]}
        with self._store.transaction():
            bucket = self._buckets.find(request)
            source = self._source(request, bucket["name"], variables["object"])
            refuse_retained(bucket, source)
            item = self._copied(request)
            self._objects.drop(source)
        self._objects.bodies.delete([source.body])
        return self._objects.resource(item)


def install(context: Context, buckets: Buckets) -> None:
    """The methods above."""
    Copies(context, buckets)
