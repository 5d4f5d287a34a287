"""What the resources of Vertex AI share: names, times, lists, operations, enum values."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import not_found
from sandbox.gcp.operations import Work, new_id
from sandbox.gcp.paging import matches, page
from sandbox.gcp.recorded.collection import visible
from sandbox.gcp.recorded.kms import refuse_agent
from sandbox.router import Handler, Request
from sandbox.store import Record

VERSIONS = ("v1", "v1beta1")
PARENT = "projects/{project}/locations/{location}"
_NAME = re.compile(r"projects/([^/]+)/locations/([^/]+)/(\w+)/([^/@]+)(?:@([^/]+))?")

# Clients may send enum values as numbers; these are the fields the sandbox looks at.
ENUMS: dict[str, dict[int, str]] = {
    "acceleratorType": {
        1: "NVIDIA_TESLA_K80", 2: "NVIDIA_TESLA_P100", 3: "NVIDIA_TESLA_V100",
        4: "NVIDIA_TESLA_P4", 5: "NVIDIA_TESLA_T4", 6: "TPU_V2", 7: "TPU_V3",
        8: "NVIDIA_TESLA_A100", 9: "NVIDIA_A100_80GB", 10: "TPU_V4_POD", 11: "NVIDIA_L4",
        12: "TPU_V5_LITEPOD", 13: "NVIDIA_H100_80GB", 14: "NVIDIA_H100_MEGA_80GB",
        15: "NVIDIA_H200_141GB", 16: "NVIDIA_B200", 17: "NVIDIA_GB200", 18: "NVIDIA_RTX_PRO_6000",
    },
    "strategy": {1: "ON_DEMAND", 2: "LOW_COST", 3: "STANDARD", 4: "SPOT", 6: "FLEX_START"},
    "algorithm": {2: "GRID_SEARCH", 3: "RANDOM_SEARCH"},
    "observationNoise": {1: "LOW", 2: "HIGH"},
    "measurementSelectionType": {1: "LAST_MEASUREMENT", 2: "BEST_MEASUREMENT"},
    "goal": {1: "MAXIMIZE", 2: "MINIMIZE"},
    "scaleType": {1: "UNIT_LINEAR_SCALE", 2: "UNIT_LOG_SCALE", 3: "UNIT_REVERSE_LOG_SCALE"},
}  # fmt: skip


def with_names_of_enums(value: Any, field: str = "") -> Any:
    """The same message with names in place of enum numbers; an unspecified value is left out."""
    if isinstance(value, dict):
        cleaned = {key: with_names_of_enums(item, key) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if item is not None}
    if isinstance(value, list):
        return [with_names_of_enums(item, field) for item in value]
    if field in ENUMS:
        if isinstance(value, int):
            return ENUMS[field].get(value)
        if str(value).endswith("_UNSPECIFIED"):
            return None
    return value


class Resources:
    """One kind of resource: its records in the store and the methods that only look at them."""

    def __init__(self, context: Context, kind: str, items: str = "") -> None:
        self.context = context
        self.store = context.store
        self.kind = kind
        self._items = items or kind
        self.collection = f"vertex {kind}"

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Answer ``/<version>/<path>`` in every version."""
        for version in VERSIONS:
            self.context.route(method, f"/{version}/{path}", handler)

    def routes_to_read(self) -> None:
        self.route("GET", f"{PARENT}/{self.kind}", self.listing)
        self.route("GET", f"{PARENT}/{self.kind}/{{id}}", self.get)

    def parent(self, request: Request) -> str:
        number = self.context.number(request.variables["project"])
        return f"projects/{number}/locations/{request.variables['location']}"

    def name(self, request: Request) -> str:
        return f"{self.parent(request)}/{self.kind}/{request.variables['id'].split('@')[0]}"

    def normal(self, name: str) -> str:
        """A resource's name with the project's number and without a version.

        Raises:
            ApiError: it is not the name of a resource of this kind.
        """
        match = _NAME.fullmatch(name)
        if match is None or match[3] != self.kind:
            raise not_found(f"The {self.kind} {name!r}")
        return (
            f"projects/{self.context.number(match[1])}/locations/{match[2]}/{self.kind}/{match[4]}"
        )

    def find_by_name(self, name: str) -> Record:
        record = self.store.get(self.collection, self.normal(name))
        if record is None:
            raise not_found(f"The {self.kind.removesuffix('s')} {name}")
        return record

    def find(self, request: Request) -> Record:
        """The resource a request names.

        Raises:
            ApiError: there is none.
        """
        return self.find_by_name(self.name(request))

    def new(self, request: Request, given: Record, identifier: str | None = None) -> Record:
        """A record with name and times; the caller saves it."""
        moment = now()
        key = given.get("encryptionSpec", {}).get("kmsKeyName")
        number = self.context.number(request.variables["project"])
        if key:
            refuse_agent(
                self.context, key, f"service-{number}@gcp-sa-aiplatform.iam.gserviceaccount.com"
            )
        name = f"{self.parent(request)}/{self.kind}/{identifier or new_id()}"
        return {**given, "name": name, "createTime": moment, "updateTime": moment}

    def save(self, record: Record) -> Record:
        self.store.put(self.collection, record["name"], record)
        return record

    def change(self, name: str, **fields: Any) -> None:
        """Set fields of a record, if it is still there; ``None`` removes."""
        try:
            with self.store.change(self.collection, name) as record:
                record.update(fields, updateTime=now())
                for key in [key for key, value in fields.items() if value is None]:
                    record.pop(key, None)
        except KeyError:
            pass

    def get(self, request: Request) -> Record:
        return visible(self.find(request))

    def all(self, request: Request) -> list[Record]:
        """The location's resources, newest first as the cloud lists them."""
        prefix = f"{self.parent(request)}/{self.kind}/"
        found = [record for _, record in self.store.find(self.collection, prefix)]
        return sorted(found, key=lambda record: str(record["createTime"]), reverse=True)

    def listing(self, request: Request) -> Record:
        expression = request.query.get("filter", "")
        found = [visible(record) for record in self.all(request) if matches(record, expression)]
        return page(request, self._items, found)

    def operation(
        self,
        request: Request,
        work: Work,
        *,
        response: str,
        metadata: str,
        background: bool = False,
        under: str | None = None,
    ) -> Record:
        """Start an operation with the types of the version of the API that was asked.

        Args:
            response: name of the response's message, e.g. ``Endpoint``; empty for no content.
            metadata: name of the metadata's message.
        """
        version = request.path.split("/")[1]
        types = f"google.cloud.aiplatform.{version}"
        moment = now()
        return self.context.operations.start(
            f"{under or self.parent(request)}/operations",
            work,
            metadata={
                "@type": f"type.googleapis.com/{types}.{metadata}",
                "genericMetadata": {"createTime": moment, "updateTime": moment},
            },
            response_type=f"{types}.{response}" if response else "google.protobuf.Empty",
            background=background,
        )

    def deletion(self, request: Request, work: Callable[[], None]) -> Record:
        """An operation that ends with nothing."""

        def act() -> Record:
            work()
            return {}

        return self.operation(request, act, response="", metadata="DeleteOperationMetadata")
