"""Tabular datasets: where a table is, for AutoML. The files stay where they are."""

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import invalid
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import apply_mask, masked
from sandbox.gcp.recorded.collection import visible
from sandbox.gcp.vertex.resources import PARENT, Resources
from sandbox.router import Request
from sandbox.store import Record

TABULAR = "gs://google-cloud-aiplatform/schema/dataset/metadata/tabular_1.0.0.yaml"
_UPDATABLE = ("displayName", "description", "labels")


class Datasets(Resources):
    """Answers the methods of datasets; tables in Cloud Storage only."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "datasets")
        self.routes_to_read()
        self.route("POST", f"{PARENT}/datasets", self._create)
        self.route("PATCH", f"{PARENT}/datasets/{{id}}", self._patch)
        self.route("DELETE", f"{PARENT}/datasets/{{id}}", self._delete)

    def files(self, location: str, identifier: str) -> list[str]:
        """The ``gs://`` URIs of a dataset, given by id or name.

        Raises:
            ApiError: there is no such dataset.
        """
        record = self.find_by_name(f"{location}/datasets/{identifier.rsplit('/', 1)[-1]}")
        return list(record["metadata"]["inputConfig"]["gcsSource"]["uri"])

    def _create(self, request: Request) -> Record:
        given = request.json()
        _check(given)
        record = self.new(request, {**given, "etag": new_id()})
        self.save(record)
        return self.operation(
            request,
            lambda: visible(record),
            response="Dataset",
            metadata="CreateDatasetOperationMetadata",
        )

    def _patch(self, request: Request) -> Record:
        given = request.json()
        paths = masked(request) or [[key] for key in given if key in _UPDATABLE]
        for path in paths:
            if path[0] not in _UPDATABLE:
                raise invalid(f"Field {path[0]!r} of a dataset cannot be updated.")
        with self.store.transaction():
            record = self.find(request)
            apply_mask(record, given, paths)
            record.update(updateTime=now(), etag=new_id())
            self.save(record)
        return visible(record)

    def _delete(self, request: Request) -> Record:
        record = self.find(request)
        return self.deletion(request, lambda: self.store.delete(self.collection, record["name"]))


def _check(given: Record) -> None:
    if not given.get("displayName"):
        raise invalid("Dataset.display_name is required but missing.")
    if given.get("metadataSchemaUri") != TABULAR:
        raise invalid(
            f"The sandbox keeps tabular datasets only: metadata_schema_uri must be {TABULAR}."
        )
    source = (given.get("metadata") or {}).get("inputConfig", {})
    uris = source.get("gcsSource", {}).get("uri", [])
    if "bigquerySource" in source:
        raise invalid("The sandbox has no BigQuery: give the table as CSV in Cloud Storage.")
    if not isinstance(uris, list) or not uris:
        raise invalid("A tabular dataset needs metadata.inputConfig.gcsSource.uri, a list.")
    for uri in uris:
        if not str(uri).startswith("gs://") or not str(uri).lower().endswith(".csv"):
            raise invalid(f"{uri!r} is not a CSV file in Cloud Storage.")
