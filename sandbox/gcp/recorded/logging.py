"""Cloud Logging: sinks, metrics and log buckets are recorded; entries of jobs can be read."""

from collections.abc import Callable

from sandbox.gcp.context import Context
from sandbox.gcp.errors import invalid, precondition
from sandbox.gcp.logs import list_entries
from sandbox.gcp.recorded.collection import Collection
from sandbox.router import Request
from sandbox.store import Record

DESTINATIONS = (
    "storage.googleapis.com/",
    "bigquery.googleapis.com/",
    "pubsub.googleapis.com/",
    "logging.googleapis.com/",
)


class _Named(Collection):
    """Sinks and metrics show their bare name."""

    def _answer(self, request: Request, record: Record) -> Record:
        return {**super()._answer(request, record), "name": record["name"].rsplit("/", 1)[-1]}

    def get(self, request: Request) -> Record:
        record = super().get(request)
        return {**record, "name": record["name"].rsplit("/", 1)[-1]}

    def listing(self, request: Request) -> Record:
        answer = super().listing(request)
        for record in answer[self.items or self.name]:
            record["name"] = record["name"].rsplit("/", 1)[-1]
        return answer


def _writer(context: Context) -> Callable[[Record, Request], None]:
    def complete(record: Record, request: Request) -> None:
        number = context.number(request.variables["project"])
        account = f"service-{number}@gcp-sa-logging.iam.gserviceaccount.com"
        record["writerIdentity"] = f"serviceAccount:{account}"

    return complete


def _check_sink(_: Record | None, new: Record) -> None:
    if not str(new.get("destination", "")).startswith(DESTINATIONS):
        raise invalid(f"Invalid destination of a sink: {new.get('destination')!r}.")


def _check_metric(_: Record | None, new: Record) -> None:
    if not new.get("filter"):
        raise invalid("A log-based metric needs a filter.")


def _complete_bucket(record: Record, _: Request) -> None:
    record.setdefault("retentionDays", 30)
    record["lifecycleState"] = "ACTIVE"


def _check_bucket(old: Record | None, _: Record) -> None:
    if old is not None and old.get("locked"):
        raise precondition(f"Bucket {old['name']} is locked.")


def install(context: Context) -> None:
    """Sinks, metrics, log buckets and entries."""
    sinks = _Named(
        context=context,
        version="/v2",
        parent="projects/{project}",
        name="sinks",
        id_field="name",
        id_pattern=r"[\w.-]{1,100}",
        complete=_writer(context),
        check=_check_sink,
        immutable=("writerIdentity",),
    )
    # Both methods take an update mask.
    context.route("PUT", "/v2/projects/{project}/sinks/{id}", sinks.patch)
    _Named(
        context=context,
        version="/v2",
        parent="projects/{project}",
        name="metrics",
        id_field="name",
        check=_check_metric,
        update="PUT",
    )
    Collection(
        context=context,
        version="/v2",
        parent="projects/{project}/locations/{location}",
        name="buckets",
        id_parameter="bucketId",
        complete=_complete_bucket,
        check=_check_bucket,
    )
    context.route("POST", "/v2/entries:list", lambda request: list_entries(context, request))
