"""A tabular dataset of Vertex AI, as a resource: says to AutoML where the table's files are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.cloud import ApiError, call, explained, is_missing, wait_for_operation
from components.runs.polling import Polling
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, State
from plugin.provider import Context
from plugin.values import contains_unknown

TYPE: Final = "trimaran:gcp:TabularDataset"
SCHEMA: Final = "gs://google-cloud-aiplatform/schema/dataset/metadata/tabular_1.0.0.yaml"
_LIMIT_SECONDS: Final = 1800.0


@dataclass(frozen=True, kw_only=True)
class TabularDatasetArgs:
    """The files and their key."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    name: pulumi.Input[str]
    """Display name; must hold a hash of the data, since a dataset never changes."""
    uris: pulumi.Input[Sequence[pulumi.Input[str]]]
    """``gs://…/*.csv``; the first line of the first one is the header."""
    kms_key_name: pulumi.Input[str] | None = None
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None


class TabularDataset(RunResource):
    """Records a table for AutoML; the files stay in their bucket, also when this is deleted."""

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    name: pulumi.Output[str]
    uris: pulumi.Output[Sequence[str]]
    kms_key_name: pulumi.Output[str | None]
    labels: pulumi.Output[Mapping[str, str] | None]
    resource_name: pulumi.Output[str]
    """``projects/…/locations/…/datasets/ID``."""

    def __init__(
        self, name: str, args: TabularDatasetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class TabularDatasetHandler(Handler):
    """Creates a dataset, or takes up the one that a killed update left."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset(
        {"project", "region", "name", "uris", "kmsKeyName"}
    )
    computed: ClassVar[frozenset[str]] = frozenset({"resourceName"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        uris = new.get("uris")
        failures = []
        if not contains_unknown(uris):
            wrong = [uri for uri in uris or () if not _is_csv(str(uri))]
            if wrong or not uris:
                reason = f"must be CSV files in Cloud Storage, gs://…/….csv, not {wrong or 'none'}"
                failures.append(CheckFailure(property="uris", reason=reason))
        return new, failures

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        subject = f"dataset {inputs['name']}"
        region, parent = inputs["region"], _parent(inputs)
        with explained(subject):
            found = _same(inputs)
            if found is None:
                body: dict[str, Any] = {
                    "displayName": inputs["name"],
                    "metadataSchemaUri": SCHEMA,
                    "metadata": {"inputConfig": {"gcsSource": {"uri": list(inputs["uris"])}}},
                    "labels": dict(inputs.get("labels") or {}),
                }
                if inputs.get("kmsKeyName"):
                    body["encryptionSpec"] = {"kmsKeyName": inputs["kmsKeyName"]}
                operation = call(
                    "aiplatform", "POST", f"{parent}/datasets", region=region, body=body
                )
                found = wait_for_operation(
                    Polling(context, subject, limit=_LIMIT_SECONDS),
                    operation,
                    api="aiplatform",
                    region=region,
                    doing="creating",
                )
        name = str(found["name"])
        return name, {"resourceName": name}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        with explained(f"dataset {new['name']}"):
            call(
                "aiplatform",
                "PATCH",
                f"/v1/{resource_id}",
                region=new["region"],
                body={"labels": dict(new.get("labels") or {})},
                query={"updateMask": "labels"},
            )
        return {"resourceName": resource_id}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        with explained(f"dataset {resource_id}"):
            try:
                call("aiplatform", "GET", f"/v1/{resource_id}", region=outputs["region"])
            except ApiError as error:
                if is_missing(error):
                    return None
                raise
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        region = outputs["region"]
        polling = Polling(context, f"dataset {resource_id}", limit=_LIMIT_SECONDS)
        with explained(f"dataset {resource_id}"):
            try:
                operation = call("aiplatform", "DELETE", f"/v1/{resource_id}", region=region)
                wait_for_operation(
                    polling, operation, api="aiplatform", region=region, doing="deleting"
                )
            except ApiError as error:
                if not is_missing(error):
                    raise


def _is_csv(uri: str) -> bool:
    return uri.startswith("gs://") and uri.lower().endswith(".csv")


def _parent(inputs: Properties) -> str:
    return f"/v1/projects/{inputs['project']}/locations/{inputs['region']}"


def _same(inputs: Properties) -> dict[str, Any] | None:
    """The dataset of this display name with the same files."""
    answer = call(
        "aiplatform",
        "GET",
        f"{_parent(inputs)}/datasets",
        region=inputs["region"],
        query={"filter": f'display_name="{inputs["name"]}"', "pageSize": "100"},
    )
    for found in answer.get("datasets", []):
        source = found.get("metadata", {}).get("inputConfig", {}).get("gcsSource", {})
        if found["displayName"] == inputs["name"] and source.get("uri") == list(inputs["uris"]):
            return dict(found)
    return None
