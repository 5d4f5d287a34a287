"""A preview of GCP's resources with values that nobody knows yet: nothing raises, nothing is made.

Through the provider's own gRPC, as the engine asks: check, diff, and create or update as previews.
"""

from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.gcp.runs import cloud
from components.runs.provider import HANDLERS, TrimaranProvider
from components.runs.resource import camel_case
from plugin.server import attach
from plugin.values import UNKNOWN, contains_unknown, from_struct, to_struct

POOL = {
    "machineSpec": {"machineType": "n1-standard-4"},
    "replicaCount": 1,
    "containerSpec": {"imageUri": "i", "args": ["--epochs", "10"]},
}
SPEC = {"workerPoolSpecs": [POOL], "scheduling": {"timeout": "60s"}}
PLACE = {"project": "p", "region": "us-central1"}
INPUTS: dict[str, dict[str, Any]] = {
    "trimaran:gcp:AutomlJob": {
        **PLACE,
        "name": "automl-1",
        "datasetName": "projects/p/locations/r/datasets/1",
        "modelId": "m",
        "targetColumn": "species",
        "columns": {"a": "numeric"},
        "predictionType": "classification",
        "optimizationObjective": "minimize-log-loss",
        "budgetMilliNodeHours": 1000,
        "earlyStopping": True,
        "split": {"fractionSplit": {"trainingFraction": 0.8, "testFraction": 0.2}},
        "kmsKeyName": "k",
        "labels": {"a": "b"},
    },
    "trimaran:gcp:CustomJob": {
        **PLACE,
        "name": "train-1",
        "spec": SPEC,
        "kmsKeyName": "k",
        "labels": {"a": "b"},
        "modelFile": "model.joblib",
        "maxModelBytes": 10,
    },
    "trimaran:gcp:DataflowRun": {
        **PLACE,
        "jobName": "prep-1",
        "runner": "DataflowRunner",
        "arguments": {"--seed": "1"},
        "options": {"--no_use_public_ips": ""},
        "codeDirectory": "model_code",
        "trigger": "1",
        "processedUri": "gs://b/t",
        "timeoutMinutes": 1,
    },
    "trimaran:gcp:Deployment": {
        "endpointName": "projects/p/locations/r/endpoints/1",
        "modelName": "projects/p/locations/r/models/m@1",
        "region": "r",
        "machineType": "n1-standard-4",
        "acceleratorType": "NVIDIA_TESLA_T4",
        "acceleratorCount": 1,
        "minReplicas": 1,
        "maxReplicas": 2,
        "targetCpuPercent": 60,
        "serviceAccount": "a@b",
        "release": {"v": "1"},
        "keepHistory": 3,
    },
    "trimaran:gcp:Model": {
        **PLACE,
        "modelId": "m",
        "artifactUri": "gs://b/m",
        "image": "i",
        "command": ["python3"],
        "environment": {"A": "b"},
        "predictRoute": "/predict",
        "healthRoute": "/health",
        "port": 8080,
        "aliases": ["default"],
        "kmsKeyName": "k",
        "labels": {"a": "b"},
    },
    "trimaran:gcp:ModelMonitoring": {
        **PLACE,
        "name": "monitoring-1",
        "endpointName": "projects/p/locations/r/endpoints/1",
        "deployedModelId": "1",
        "trainingUri": "gs://b/t.csv",
        "targetField": "species",
        "skewThresholds": {"a": 0.3},
        "driftThresholds": {"a": 0.3},
        "analysisSchemaUri": "gs://b/schema.yaml",
        "sampleRate": 1.0,
        "intervalHours": 24,
        "notificationChannels": ["projects/p/notificationChannels/1"],
        "logDays": 30,
        "kmsKeyName": "k",
        "labels": {"a": "b"},
    },
    "trimaran:gcp:ServiceAgent": {"project": "p", "service": "storage"},
    "trimaran:gcp:TabularDataset": {
        **PLACE,
        "name": "table-1",
        "uris": ["gs://b/t/*.csv"],
        "kmsKeyName": "k",
        "labels": {"a": "b"},
    },
    "trimaran:gcp:TransferRun": {
        "project": "p",
        "transferJobName": "transferJobs/1",
        "trigger": "1",
        "expectedUri": "gs://b/t.csv",
        "timeoutMinutes": 1,
    },
    "trimaran:gcp:TuningJob": {
        **PLACE,
        "name": "tune-1",
        "studySpec": {
            "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
            "parameters": [{}],
        },
        "trialJobSpec": SPEC,
        "maxTrialCount": 20,
        "parallelTrialCount": 2,
        "maxFailedTrialCount": 0,
        "kmsKeyName": "k",
        "labels": {"a": "b"},
    },
}
TOKENS = [token for token in HANDLERS if token.startswith("trimaran:gcp:")]
CASES = [(token, key) for token in INPUTS for key in [*INPUTS[token], "everything"]]


@pytest.fixture(scope="module")
def stub() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    server, port = attach(TrimaranProvider())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop(0).wait()


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No preview asks a cloud, or needs anybody to be signed in."""

    def forbidden() -> None:
        raise AssertionError("a preview asked the cloud")

    monkeypatch.setattr(cloud, "session", forbidden)


def urn(token: str) -> str:
    return f"urn:pulumi:dev::p::{token}::name"


def with_unknown(token: str, key: str) -> dict[str, Any]:
    known = INPUTS[token]
    return {name: UNKNOWN if key in (name, "everything") else known[name] for name in known}


def test_every_resource_is_previewed_with_all_of_its_inputs() -> None:
    assert sorted(TOKENS) == sorted(INPUTS)
    for token, inputs in INPUTS.items():
        module, noun = HANDLERS[token].partition(":")[0], token.rsplit(":", 1)[-1]
        arguments = getattr(import_module(module), f"{noun}Args")
        assert {camel_case(item.name) for item in fields(arguments)} == set(inputs), token


@pytest.mark.parametrize(("token", "key"), CASES)
def test_what_is_unknown_is_neither_refused_nor_made_up(
    stub: provider_pb2_grpc.ResourceProviderStub, token: str, key: str
) -> None:
    inputs, request = with_unknown(token, key), provider_pb2
    checked = stub.Check(request.CheckRequest(urn=urn(token), news=to_struct(inputs)))
    assert list(checked.failures) == []
    created = stub.Create(
        request.CreateRequest(urn=urn(token), properties=checked.inputs, preview=True)
    )
    assert created.id == ""
    outputs = from_struct(created.properties)
    handler = TrimaranProvider().handler_for(urn(token))
    assert outputs.keys() >= inputs.keys() | handler.computed
    for name, value in inputs.items():
        assert contains_unknown(outputs[name]) == contains_unknown(value), name


@pytest.mark.parametrize(("token", "key"), CASES)
def test_what_becomes_unknown_is_shown_as_a_change_of_that_property(
    stub: provider_pb2_grpc.ResourceProviderStub, token: str, key: str
) -> None:
    known, inputs, request = INPUTS[token], with_unknown(token, key), provider_pb2
    handler = TrimaranProvider().handler_for(urn(token))
    old = {**known, **dict.fromkeys(handler.computed, "x")}
    asked: dict[str, Any] = {"id": "i", "urn": urn(token), "olds": to_struct(old)}
    differs = stub.Diff(
        request.DiffRequest(**asked, old_inputs=to_struct(known), news=to_struct(inputs))
    )
    changed = set(known) if key == "everything" else {key}
    assert set(differs.diffs) == changed
    assert set(differs.replaces) == changed & handler.immutable
    if differs.replaces:
        return
    updated = stub.Update(request.UpdateRequest(**asked, news=to_struct(inputs), preview=True))
    outputs = from_struct(updated.properties)
    assert outputs.keys() >= inputs.keys() | handler.computed


@pytest.mark.parametrize("token", ["trimaran:gcp:CustomJob", "trimaran:gcp:TuningJob"])
def test_an_unknown_argument_keeps_no_machine_from_being_refused(
    stub: provider_pb2_grpc.ResourceProviderStub, token: str
) -> None:
    machine = {"machineType": "n1-standard-4", "acceleratorType": "TPU_V3", "acceleratorCount": 8}
    pool = {**POOL, "machineSpec": machine, "containerSpec": {"imageUri": "i", "args": [UNKNOWN]}}
    key = "spec" if token.endswith("CustomJob") else "trialJobSpec"
    inputs = {**INPUTS[token], key: {**SPEC, "workerPoolSpecs": [POOL, pool]}}
    checked = stub.Check(provider_pb2.CheckRequest(urn=urn(token), news=to_struct(inputs)))
    (failure,) = checked.failures
    assert failure.property == f"{key}.workerPoolSpecs[1].machineSpec"
    assert "takes no TPU: use machine type cloud-tpu" in failure.reason


@pytest.mark.parametrize("token", ["trimaran:gcp:CustomJob", "trimaran:gcp:TuningJob"])
def test_after_an_interruption_nothing_of_the_results_is_known(
    stub: provider_pb2_grpc.ResourceProviderStub, token: str
) -> None:
    left = {**INPUTS[token], "resourceName": "projects/p/…/1"}
    request = provider_pb2.UpdateRequest(
        id="i",
        urn=urn(token),
        olds=to_struct(left),
        news=to_struct(INPUTS[token]),
        preview=True,
    )
    outputs = from_struct(stub.Update(request).properties)
    computed = TrimaranProvider().handler_for(urn(token)).computed
    assert {name for name in computed if outputs[name] is UNKNOWN} == computed


def test_new_labels_of_a_job_leave_its_results_known(
    stub: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    token = "trimaran:gcp:CustomJob"
    results = {"resourceName": "n", "modelDataUrl": "u", "modelSha256": "s", "evaluation": {}}
    request = provider_pb2.UpdateRequest(
        id="i",
        urn=urn(token),
        olds=to_struct({**INPUTS[token], **results}),
        news=to_struct({**INPUTS[token], "labels": {"new": "label"}}),
        preview=True,
    )
    outputs = from_struct(stub.Update(request).properties)
    assert {name: outputs[name] for name in results} == results
