"""A version of a model in Vertex AI's registry, as a resource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.cloud import ApiError, call, explained, is_missing, wait_for_operation
from components.naming import content_hash
from components.runs.polling import Polling
from components.runs.resource import RunResource
from plugin.handler import Handler, Properties, State
from plugin.provider import Context

TYPE: Final = "trimaran:gcp:Model"
CONTENT_LABEL: Final = "content"
_LIMIT_SECONDS: Final = 1800.0
DEFAULT: Final = "default"


@dataclass(frozen=True, kw_only=True)
class ModelArgs:
    """The artefact, the container that serves it, and its place in the registry."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    model_id: pulumi.Input[str]
    """Id of the model whose version this becomes; the first version creates it."""
    artifact_uri: pulumi.Input[str]
    """``gs://bucket/folder`` with the model's files."""
    image: pulumi.Input[str]
    command: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    """Runs in place of the image's own server."""
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    predict_route: pulumi.Input[str] = "/predict"
    health_route: pulumi.Input[str] = "/health"
    port: pulumi.Input[int] = 8080
    aliases: pulumi.Input[Sequence[pulumi.Input[str]]] = (DEFAULT,)
    kms_key_name: pulumi.Input[str] | None = None
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None


class Model(RunResource):
    """Uploads a model as a new version, which takes the alias ``default``.

    A version never changes: another content is another version, and the old one is deleted once
    nothing is deployed from it. The last version takes the model with it.
    """

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    model_id: pulumi.Output[str]
    artifact_uri: pulumi.Output[str]
    image: pulumi.Output[str]
    command: pulumi.Output[Sequence[str]]
    environment: pulumi.Output[Mapping[str, str] | None]
    predict_route: pulumi.Output[str]
    health_route: pulumi.Output[str]
    port: pulumi.Output[int]
    aliases: pulumi.Output[Sequence[str]]
    kms_key_name: pulumi.Output[str | None]
    labels: pulumi.Output[Mapping[str, str] | None]
    resource_name: pulumi.Output[str]
    """``projects/…/locations/…/models/ID``, the same for all versions."""
    version_id: pulumi.Output[str]
    version_name: pulumi.Output[str]
    """``<resource_name>@<version_id>``: what is deployed."""

    def __init__(
        self, name: str, args: ModelArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class ModelHandler(Handler):
    """Uploads or adopts a version."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset(
        {
            "project",
            "region",
            "modelId",
            "artifactUri",
            "image",
            "command",
            "environment",
            "predictRoute",
            "healthRoute",
            "port",
            "kmsKeyName",
        }
    )
    computed: ClassVar[frozenset[str]] = frozenset({"resourceName", "versionId", "versionName"})

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        region = inputs["region"]
        with explained(f"model {inputs['modelId']}"):
            content = content_label(inputs)
            versions = _versions(_name(inputs), region)
            same = [v for v in versions if (v.get("labels") or {}).get(CONTENT_LABEL) == content]
            if same:
                version = str(same[-1]["versionId"])
                context.info(f"model {inputs['modelId']}: takes up version {version}")
                _set_aliases(inputs, version, held=same[-1].get("versionAliases", []))
            else:
                version = _upload(context, inputs, content, first=not versions)
        outputs = _outputs(inputs, version)
        return str(outputs["versionName"]), outputs

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        with explained(f"model {resource_id}"):
            versions = _versions(outputs["resourceName"], outputs["region"])
        if not any(str(item["versionId"]) == str(outputs["versionId"]) for item in versions):
            return None
        return State(id=resource_id, outputs=outputs)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        version = str(outputs["versionId"])
        with explained(f"model {resource_id}"):
            old = outputs.get("aliases") or []
            _set_aliases(new, version, held=old)
            call(
                "aiplatform",
                "PATCH",
                f"/v1/{_name(new)}@{version}",
                region=new["region"],
                body={"labels": _labels(new, content_label(new))},
                query={"updateMask": "labels"},
            )
        return _outputs(new, version)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        region, name = outputs["region"], outputs["resourceName"]
        version = str(outputs["versionId"])
        with explained(f"model {resource_id}"):
            versions = _versions(name, region)
            others = [item for item in versions if str(item["versionId"]) != version]
            if len(others) == len(versions):
                return
            path = f"/v1/{name}@{version}:deleteVersion" if others else f"/v1/{name}"
            mine = next(item for item in versions if str(item["versionId"]) == version)
            if others and DEFAULT in mine.get("versionAliases", []):
                # The default version cannot be deleted: the newest of the others takes its place.
                newest = max(others, key=lambda item: int(item["versionId"]))
                _merge_aliases(f"{name}@{newest['versionId']}", region, [DEFAULT])
            polling = Polling(context, f"model {resource_id}", limit=_LIMIT_SECONDS)
            operation = call("aiplatform", "DELETE", path, region=region)
            wait_for_operation(
                polling, operation, api="aiplatform", region=region, doing="deleting"
            )


def content_label(inputs: Properties) -> str:
    """A hash of everything that a version cannot change, as a label's value."""
    return content_hash(
        {key: inputs.get(key) for key in sorted(ModelHandler.immutable) if inputs.get(key)}
    )


def _name(inputs: Properties) -> str:
    parent = f"projects/{inputs['project']}/locations/{inputs['region']}"
    return f"{parent}/models/{inputs['modelId']}"


def _outputs(inputs: Properties, version: str) -> dict[str, Any]:
    name = _name(inputs)
    return {"resourceName": name, "versionId": version, "versionName": f"{name}@{version}"}


def _labels(inputs: Properties, content: str) -> dict[str, str]:
    return {**(inputs.get("labels") or {}), CONTENT_LABEL: content}


def _versions(name: str, region: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        query = {"pageSize": "100", **({"pageToken": token} if token else {})}
        try:
            answer = call(
                "aiplatform", "GET", f"/v1/{name}:listVersions", region=region, query=query
            )
        except ApiError as error:
            if is_missing(error):
                return []
            raise
        found += answer.get("models", [])
        token = str(answer.get("nextPageToken") or "")
        if not token:
            return sorted(found, key=lambda item: int(item["versionId"]))


def _upload(context: Context, inputs: Properties, content: str, *, first: bool) -> str:
    region = inputs["region"]
    container: dict[str, Any] = {
        "imageUri": inputs["image"],
        "command": list(inputs.get("command") or ()),
        "env": [
            {"name": name, "value": value}
            for name, value in sorted((inputs.get("environment") or {}).items())
        ],
        "ports": [{"containerPort": int(inputs["port"])}],
        "predictRoute": inputs["predictRoute"],
        "healthRoute": inputs["healthRoute"],
    }
    model: dict[str, Any] = {
        "displayName": inputs["modelId"],
        "artifactUri": str(inputs["artifactUri"]).rstrip("/"),
        "containerSpec": container,
        "labels": _labels(inputs, content),
        "versionAliases": list(inputs.get("aliases") or ()),
    }
    if inputs.get("kmsKeyName"):
        model["encryptionSpec"] = {"kmsKeyName": inputs["kmsKeyName"]}
    body: dict[str, Any] = {"model": model}
    body |= {"modelId": inputs["modelId"]} if first else {"parentModel": _name(inputs)}
    polling = Polling(context, f"model {inputs['modelId']}", limit=_LIMIT_SECONDS)
    parent = f"/v1/projects/{inputs['project']}/locations/{region}/models:upload"
    operation = call("aiplatform", "POST", parent, region=region, body=body)
    response = wait_for_operation(
        polling, operation, api="aiplatform", region=region, doing="uploading"
    )
    return str(response["modelVersionId"])


def _set_aliases(inputs: Properties, version: str, *, held: Sequence[str]) -> None:
    wanted = list(inputs.get("aliases") or ())
    # `default` can only be given to another version, never taken.
    gone = [f"-{alias}" for alias in held if alias not in wanted and alias != DEFAULT]
    missing = [alias for alias in wanted if alias not in held]
    if gone or missing:
        _merge_aliases(f"{_name(inputs)}@{version}", inputs["region"], [*missing, *gone])


def _merge_aliases(version_name: str, region: str, aliases: Sequence[str]) -> None:
    call(
        "aiplatform",
        "POST",
        f"/v1/{version_name}:mergeVersionAliases",
        region=region,
        body={"versionAliases": list(aliases)},
    )
