"""Records of SageMaker resources: the fields of their Describe answers, kept across restarts."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.context import Call, Context, Refusal

Record = dict[str, Any]
# Fields of a record that are the sandbox's own; serialisation drops what is not in the API.
ACCOUNT, REGION = "_account", "_region"


def now() -> datetime:
    """The time as the API's timestamps carry it: UTC, without zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def arn(call: Call, kind: str, name: str) -> str:
    """The ARN of a SageMaker resource of the caller's account and region."""
    return f"arn:{call.response.partition}:sagemaker:{call.region}:{call.account}:{kind}/{name}"


class Records:
    """All records of one kind, by account, region and name. Access is thread-safe."""

    def __init__(self, context: Context, kind: str) -> None:
        self._context = context
        self._table = context.table(f"sagemaker.{kind}")
        self.lock = threading.RLock()

    def find(self, call: Call, name: str) -> Record | None:
        return self._table.get(f"{call.account}/{call.region}/{name}")

    def at(self, account: str, region: str, name: str) -> Record | None:
        return self._table.get(f"{account}/{region}/{name}")

    def add(self, call: Call, name: str, record: Record) -> None:
        record[ACCOUNT], record[REGION] = call.account, call.region
        with self.lock:
            self._table[f"{call.account}/{call.region}/{name}"] = record
        self._context.changed()

    def remove(self, record: Record, name: str) -> None:
        with self.lock:
            self._table.pop(f"{record[ACCOUNT]}/{record[REGION]}/{name}", None)
        self._context.changed()

    def here(self, call: Call) -> list[Record]:
        """The caller's account's records in its region."""
        return [
            record
            for record in self.all()
            if record[ACCOUNT] == call.account and record[REGION] == call.region
        ]

    def all(self) -> list[Record]:
        with self.lock:
            return list(self._table.values())

    def update(self, record: Record, **fields: Any) -> None:
        """Set fields; ``None`` removes one. ``LastModifiedTime`` follows."""
        with self.lock:
            for name, value in fields.items():
                if value is None:
                    record.pop(name, None)
                else:
                    record[name] = value
            record["LastModifiedTime"] = now()
        self._context.changed()


def listing(
    call: Call,
    records: Iterable[Record],
    *,
    result: str,
    name: str,
    status: str | None = None,
    summary: Callable[[Record], Record] = lambda record: record,
    default_order: str = "Descending",
) -> dict[str, Any]:
    """The answer of a List operation: filters, order and pages as the API defines them.

    Args:
        name: the field that holds the name; ``status`` the one that holds the status.
    """
    params = call.params
    chosen = [record for record in records if _matches(params, record, name, status)]
    fields = {"Name": name, "Status": status or name, "CreationTime": "CreationTime"}
    field = fields.get(params.get("SortBy", "CreationTime"), params.get("SortBy", "CreationTime"))
    reverse = params.get("SortOrder", default_order) == "Descending"
    chosen.sort(key=lambda record: (_sortable(record.get(field)), record[name]), reverse=reverse)
    start = _offset(params.get("NextToken"))
    size = params.get("MaxResults", 10)
    answer: dict[str, Any] = {result: [summary(r) for r in chosen[start : start + size]]}
    if start + size < len(chosen):
        answer["NextToken"] = str(start + size)
    return answer


def _sortable(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else (value or "")


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise Refusal("ValidationException", "Invalid NextToken.")
    return int(token)


def _naive(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _matches(params: dict[str, Any], record: Record, name: str, status: str | None) -> bool:
    contains = params.get("NameContains")
    if contains and contains.lower() not in record[name].lower():
        return False
    if status and params.get("StatusEquals") and record[status] != params["StatusEquals"]:
        return False
    for field in ("CreationTime", "LastModifiedTime"):
        after, before = params.get(f"{field}After"), params.get(f"{field}Before")
        if after and not record[field] > _naive(after):
            return False
        if before and not record[field] < _naive(before):
            return False
    return True
