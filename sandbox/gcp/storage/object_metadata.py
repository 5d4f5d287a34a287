"""Objects without their bodies: get, list, patch, update, delete, restore."""

from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.storage.buckets import Buckets, merge, retained_until
from sandbox.gcp.storage.downloads import media
from sandbox.gcp.storage.refusals import check_conditions, forbidden, invalid, no_object
from sandbox.gcp.storage.table import LIVE, NONCURRENT, SOFT_DELETED, Generation
from sandbox.router import Request, Response
from sandbox.store import Record

SETTABLE = {
    "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType",
    "customTime", "eventBasedHold", "metadata", "temporaryHold", "storageClass", "retention",
}  # fmt: skip
_PAGE = 1000


def settable(given: Record) -> Record:
    """What of a resource sent by a client is the client's to set."""
    fields = {key: value for key, value in given.items() if key in SETTABLE}
    metadata = fields.get("metadata")
    if metadata is not None and not all(
        value is None or isinstance(value, str) for value in metadata.values()
    ):
        raise invalid("Values of metadata must be strings.")
    return fields


def refuse_retained(bucket: Record, item: Generation | None) -> None:
    """Refuse to delete or replace what a hold or the retention policy protects."""
    until = retained_until(bucket, item.value) if item else None
    if item is not None and until:
        raise forbidden(
            f"Object '{item.bucket}/{item.name}' is subject to bucket's retention policy or object "
            f"retention and cannot be deleted or overwritten until {until}",
            "retentionPolicyNotMet",
        )


class ObjectMethods:
    """Answers the methods above."""

    def __init__(self, context: Context, buckets: Buckets) -> None:
        self._store = context.store
        self._buckets = buckets
        self._objects = buckets.objects
        base = "/storage/v1/b/{bucket*}/o"
        context.route("GET", base, self._list)
        context.route("GET", f"{base}/{{object*}}", self._get)
        context.route("HEAD", f"{base}/{{object*}}", self._get)
        context.route("PATCH", f"{base}/{{object*}}", self._patch)
        context.route("PUT", f"{base}/{{object*}}", self._update)
        context.route("DELETE", f"{base}/{{object*}}", self._delete)
        context.route("POST", f"{base}/{{object*}}/restore", self._restore)

    def _find(self, request: Request) -> Generation:
        bucket, name = self._buckets.find(request)["name"], request.variables["object"]
        generation = request.query.get("generation")
        item = self._objects.find(bucket, name, generation)
        if request.flag("softDeleted"):
            item = self._objects.soft_deleted(bucket, name, generation or "")
        if item is None:
            raise no_object(bucket, name)
        return item

    def _get(self, request: Request) -> Record | Response:
        item = self._find(request)
        check_conditions(request, item.value)
        if request.query.get("alt") == "media":
            return media(request, self._objects, item)
        return self._objects.resource(item)

    def _patch(self, request: Request) -> Record:
        return self._change(request, replace=False)

    def _update(self, request: Request) -> Record:
        return self._change(request, replace=True)

    def _change(self, request: Request, *, replace: bool) -> Record:
        given = settable(request.json())
        with self._store.transaction():
            item = self._find(request)
            check_conditions(request, item.value)
            if given.get("storageClass", item.value["storageClass"]) != item.value["storageClass"]:
                raise invalid("The storage class of an object changes by rewriting it.")
            if replace:
                for name in SETTABLE - {"storageClass"}:
                    item.value.pop(name, None)
            merge(item.value, given)
            item.value["metageneration"] = str(int(item.value["metageneration"]) + 1)
            item.value["updated"] = now()
            self._objects.save(item)
        return self._objects.resource(item)

    def _delete(self, request: Request) -> Response:
        with self._store.transaction():
            bucket = self._buckets.find(request)
            item = self._find(request)
            check_conditions(request, item.value)
            refuse_retained(bucket, item)
            for_good = "generation" in request.query
            released = self._objects.retire(bucket, item, for_good=for_good)
        if released:
            self._objects.bodies.delete([released])
        return Response(status=204)

    def _restore(self, request: Request) -> Record:
        with self._store.transaction():
            bucket = self._buckets.find(request)
            name, number = request.variables["object"], request.query.get("generation", "")
            item = self._objects.soft_deleted(bucket["name"], name, number)
            if item is None:
                raise no_object(bucket["name"], name)
            current = self._objects.find(bucket["name"], name)
            refuse_retained(bucket, current)
            released = self._objects.retire(bucket, current) if current else None
            self._objects.drop(item)
            item.number, item.state = self._objects.new_generation(), LIVE
            for field in ("softDeleteTime", "hardDeleteTime", "timeDeleted"):
                item.value.pop(field, None)
            item.value.update(generation=str(item.number), updated=now())
            self._objects.save(item)
        if released:
            self._objects.bodies.delete([released])
        return self._objects.resource(item)

    def _list(self, request: Request) -> Record:
        bucket = self._buckets.find(request)
        listing = _Listing(request)
        states: tuple[str, ...] = (LIVE,)
        if request.flag("softDeleted"):
            states = (SOFT_DELETED,)
        elif request.flag("versions"):
            states = (LIVE, NONCURRENT)
        while not listing.complete:
            found = self._objects.scan(
                bucket["name"],
                start=listing.start,
                end=listing.end,
                states=states,
                limit=_PAGE,
            )
            listing.take(found, last=len(found) < _PAGE)
        answer: Record = {"kind": "storage#objects"}
        if listing.items:
            answer["items"] = [self._objects.resource(item) for item in listing.items]
        if listing.prefixes:
            answer["prefixes"] = listing.prefixes
        if listing.token:
            answer["nextPageToken"] = listing.token
        return answer


class _Listing:
    """One page being filled: names in order, those with the delimiter folded into prefixes."""

    def __init__(self, request: Request) -> None:
        query = request.query
        self._prefix, self._delimiter = query.get("prefix", ""), query.get("delimiter", "")
        self._folders = request.flag("includeTrailingDelimiter")
        self._limit = min(int(query.get("maxResults") or _PAGE), _PAGE)
        self.start = max(
            self._prefix, query.get("startOffset", ""), _decode(query.get("pageToken"))
        )
        last = self._prefix + "\U0010ffff"
        self.end = min(last, query.get("endOffset") or last)
        self.items: list[Generation] = []
        self.prefixes: list[str] = []
        self.token: str | None = None
        self.complete = False

    def take(self, found: list[Generation], *, last: bool) -> None:
        """Add what was found from ``start`` on; sets where to go on."""
        for position, item in enumerate(found):
            if item.name < self.start:
                continue
            again = position > 0 and found[position - 1].name == item.name
            if not again and len(self.items) + len(self.prefixes) >= self._limit:
                self.token, self.complete = _encode(item.name), True
                return
            folder = self._folder(item.name)
            if folder is None:
                self.items.append(item)
                continue
            if folder not in self.prefixes:
                self.prefixes.append(folder)
            if self._folders and folder == item.name:
                self.items.append(item)
            self.start = folder + "\U0010ffff"
        if last:
            self.complete = True
        elif found[-1].name >= self.start:
            # All generations of a name are on one page, so the next look starts after it.
            self.start = found[-1].name + "\0"

    def _folder(self, name: str) -> str | None:
        if not self._delimiter:
            return None
        position = name.find(self._delimiter, len(self._prefix))
        return None if position < 0 else name[: position + len(self._delimiter)]


def _encode(name: str) -> str:
    import base64

    return base64.urlsafe_b64encode(name.encode()).decode()


def _decode(token: str | None) -> str:
    import base64

    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError as error:
        raise invalid("Invalid page token.") from error


def install(context: Context, buckets: Buckets) -> Any:
    """The methods above."""
    return ObjectMethods(context, buckets)
