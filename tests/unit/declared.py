"""Declares a stack under Pulumi's mocks and returns every resource that it registers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pulumi
import yaml
from pulumi.runtime import rpc
from pulumi.runtime import settings as settings_of_runtime
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from stacks.account_settings import AccountSettings
from stacks.settings import Settings, parsed
from tests.unit.declared_azure import computed_by_azure

PROJECT = "trimaran"
ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One registered resource."""

    token: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    """URN of the component that it belongs to."""
    protect: bool
    ignored: frozenset[str]
    """Properties whose changes are ignored."""
    depends_on: frozenset[str]
    """URNs."""
    provider: str
    hooks: frozenset[str]
    deleted_first: bool
    """When it is replaced, the old one goes before the new one is made."""
    replaced_after_create: bool
    """The program says that the old one goes after the new one came."""
    retained: bool
    """Left in the cloud when it is deleted from the stack."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """All registered resources and what the slice exports."""

    resources: list[Declared] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def of(self, token: str) -> list[Declared]:
        """The resources with this type token."""
        return [resource for resource in self.resources if resource.token == token]

    def one(self, token: str, name: str | None = None) -> Declared:
        """The only resource with this token (and name)."""
        found = [item for item in self.of(token) if name is None or item.name == name]
        assert len(found) == 1, f"{len(found)} of {token} {name or ''}: {[f.name for f in found]}"
        return found[0]


class _Monitor(MockMonitor):
    """Pulumi's mock engine, asked for what a mock itself is not told: parents and options."""

    def __init__(self, mocks: Mocks, declaration: Declaration) -> None:
        super().__init__(mocks)
        self._declaration = declaration

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            hooks = {name for names in request.hooks.ListFields() for name in names[1]}
            self._declaration.resources.append(
                Declared(
                    token=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                    parent=request.parent,
                    protect=request.protect,
                    ignored=frozenset(request.ignoreChanges),
                    depends_on=frozenset(request.dependencies),
                    provider=request.provider,
                    hooks=frozenset(hooks),
                    deleted_first=request.deleteBeforeReplace,
                    replaced_after_create=(
                        request.deleteBeforeReplaceDefined and not request.deleteBeforeReplace
                    ),
                    retained=request.retainOnDelete,
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class _NoCallbacks:
    """Takes hooks and never calls them: mocks create nothing."""

    def register_resource_hook(self, hook: Any) -> None:
        pass


class _Mocks(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{args.name}-id", {**args.inputs, **_computed(args)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        answers: dict[str, dict[str, Any]] = {
            "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": {
                "registryId": "683313688378",
                "registryPath": "683313688378.dkr.ecr.us-east-1.amazonaws.com/"
                f"{args.args.get('repositoryName')}:{args.args.get('imageTag')}",
            },
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": ["us-east-1a", "us-east-1b", "us-east-1c"]
            },
        }
        return answers[args.token], []


def _computed(args: MockResourceArgs) -> dict[str, Any]:
    if args.typ.startswith(("gcp:", "trimaran:gcp:")):
        return _computed_by_gcp(args)
    if args.typ.startswith(("azure-native:", "trimaran:azure:")):
        return computed_by_azure(args)
    if args.typ == "trimaran:index:SealedObject":
        return {"storedUri": args.inputs.get("uri")}
    if args.typ == "trimaran:index:ServerCredentials":
        texts = ("primaryKey", "secondaryKey", "privateKeyPem", "certificatePem")
        return {text: f"{args.name}-{text}" for text in texts}
    service = args.typ.split(":")[1].split("/")[0]
    computed: dict[str, Any] = {"arn": f"arn:aws:{service}:us-east-1:{ACCOUNT}:{args.name}"}
    if args.typ == "aws:s3/bucket:Bucket":
        computed["bucket"] = f"{args.name}-bucket"
    if args.typ == "trimaran:aws:GlueJobRun":
        base = args.inputs["processedUri"]
        names = ("train", "validation", "test", "statistics")
        computed["datasets"] = {name: f"{base}/{name}/" for name in names}
    if args.typ == "trimaran:aws:TrainingResult":
        job = args.inputs.get("trainingJobName", "tuned")
        computed |= {
            "modelDataUrl": f"s3://artefacts/training/{job}/output/model.tar.gz",
            "modelSha256": "ab" * 32,
            "bestTrainingJobName": job,
            "metrics": {"test:accuracy": 0.97},
            "evaluation": {"accuracy": 0.97},
        }
    computed.setdefault("name", args.inputs.get("name", args.name))
    return computed


def _computed_by_gcp(args: MockResourceArgs) -> dict[str, Any]:
    noun = args.typ.rsplit(":", 1)[-1]
    inputs = args.inputs
    computed: dict[str, Any] = {"name": inputs.get("name", args.name)}
    if noun in {"Account", "ServiceIdentity", "ServiceAgent"}:
        email = f"{args.name}@gcp.example"
        computed |= {"email": email, "member": f"serviceAccount:{email}", "subjectId": "1234567"}
    if noun == "Bucket":
        computed["name"] = f"{args.name}-bucket"
    if noun == "ProjectSink":
        computed["writerIdentity"] = f"serviceAccount:{args.name}-sink@gcp.example"
    if noun == "DataflowRun":
        names = ("train", "validation", "test", "statistics")
        computed["datasets"] = {name: f"{inputs['processedUri']}/{name}/" for name in names}
    if noun == "TransferRun":
        computed["transferredUri"] = inputs["expectedUri"]
    if noun == "CustomJob":
        output = inputs["spec"]["baseOutputDirectory"]["outputUriPrefix"]
        computed |= {
            "modelDataUrl": f"{output}/model/",
            "modelSha256": "ab" * 32,
            "evaluation": {"accuracy": 0.97},
        }
    if noun == "TabularDataset":
        computed["resourceName"] = f"projects/p/locations/l/datasets/{args.name}"
    if noun == "AutomlJob":
        computed |= {
            "modelVersionName": f"projects/p/locations/l/models/{inputs['modelId']}@1",
            "evaluation": {"accuracy": 0.96},
        }
    if noun == "TuningJob":
        computed["bestParameters"] = {"learning_rate": "0.0123", "batch_size": "64"}
    if noun == "Model":
        parent = f"projects/{inputs['project']}/locations/{inputs['region']}"
        computed["versionName"] = f"{parent}/models/{inputs['modelId']}@1"
    if noun == "Deployment":
        computed |= {"history": [], "deployedModelId": "7"}
    if noun == "ModelMonitoring":
        computed["resourceName"] = f"projects/p/locations/l/monitoring/{args.name}"
    return computed


def configuration(stack: str) -> dict[str, Any]:
    """The project's own configuration of ``stack``, keys without the project's prefix."""
    content = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    prefix = f"{PROJECT}:"
    return {key.removeprefix(prefix): value for key, value in content["config"].items()}


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes`` laid over it, section by section."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def settings_of(stack: str, changes: Mapping[str, Any] | None = None) -> Settings:
    """The typed settings of ``stack`` with ``changes``."""
    return Settings.model_validate(merged(configuration(stack), changes or {}))


def declare_aws(
    stack: str, changes: Mapping[str, Any] | None = None, *, preview: bool = False
) -> Declaration:
    """Declares the AWS slice of ``stack`` with ``changes`` to its configuration."""

    def slice_(settings: Settings) -> dict[str, Any]:
        from stacks import aws

        assert settings.aws is not None
        return aws.declare(settings, settings.aws)

    return _declare(stack, changes, slice_, preview=preview)


def declare_gcp(
    stack: str, changes: Mapping[str, Any] | None = None, *, preview: bool = False
) -> Declaration:
    """Declares the GCP slice of ``stack``, alone, with ``changes`` to its configuration."""

    def slice_(settings: Settings) -> dict[str, Any]:
        from stacks import gcp

        assert settings.gcp is not None
        return gcp.declare(settings, settings.gcp)

    return _declare(stack, changes, slice_, preview=preview)


def declare_azure(
    stack: str, changes: Mapping[str, Any] | None = None, *, preview: bool = False
) -> Declaration:
    """Declares the Azure slice of ``stack``, alone, with ``changes`` to its configuration."""

    def slice_(settings: Settings) -> dict[str, Any]:
        from stacks import azure

        assert settings.azure is not None
        return azure.declare(settings, settings.azure)

    return _declare(stack, changes, slice_, preview=preview)


def declare_both(
    stack: str, changes: Mapping[str, Any] | None = None, *, preview: bool = False
) -> Declaration:
    """Declares both slices of ``stack``; the exports are those of GCP."""

    def slice_(settings: Settings) -> dict[str, Any]:
        from stacks import aws, gcp

        assert settings.aws is not None
        assert settings.gcp is not None
        _, source = aws.declare_with_source(settings, settings.aws)
        return gcp.declare(settings, settings.gcp, source)

    return _declare(stack, changes, slice_, preview=preview)


def declare_azure_with_aws(
    stack: str, changes: Mapping[str, Any] | None = None, *, preview: bool = False
) -> Declaration:
    """Declares the slices of AWS and Azure of ``stack``; the exports are those of Azure."""

    def slice_(settings: Settings) -> dict[str, Any]:
        from stacks import aws, azure

        assert settings.aws is not None
        assert settings.azure is not None
        _, source = aws.declare_with_source(settings, settings.aws)
        return azure.declare(settings, settings.azure, source)

    return _declare(stack, changes, slice_, preview=preview)


def declare_account(
    changes: Mapping[str, Any] | None = None, *, preview: bool = False
) -> Declaration:
    """Declares stack `account`, all its clouds."""

    def program(settings: AccountSettings) -> dict[str, Any]:
        from stacks import account

        account.declare(settings)
        return {}

    return _declare("account", changes, program, preview=preview)


def _declare(
    stack: str,
    changes: Mapping[str, Any] | None,
    slice_: Callable[[Any], dict[str, Any]],
    *,
    preview: bool,
) -> Declaration:
    declaration = Declaration()
    settings = parsed(merged(configuration(stack), changes or {}))
    mocks = _Mocks()
    monitor = _Monitor(mocks, declaration)
    pulumi.runtime.set_mocks(mocks, PROJECT, stack, preview, monitor=monitor)

    settings_of_runtime.SETTINGS.callbacks = _NoCallbacks()

    def program() -> pulumi.Output[Any]:
        exports = slice_(settings)
        return pulumi.Output.all(**exports).apply(declaration.exports.update)

    cast("Any", pulumi.runtime.test)(program)()
    return declaration
