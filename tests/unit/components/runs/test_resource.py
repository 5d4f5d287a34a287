"""What the program's side sends to the engine, and what it gives back to the program."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, mocks

from components.aws.runs.endpoint_release import EndpointRelease, EndpointReleaseArgs
from components.aws.runs.glue_job_run import GlueJobRun, GlueJobRunArgs
from components.aws.runs.training_result import TrainingResult, TrainingResultArgs
from components.runs.quality_gate import QualityGate, QualityGateArgs
from components.runs.resource import camel_case


class Recorder(Mocks):
    def __init__(self, outputs: dict[str, Any]) -> None:
        self.outputs = outputs
        self.seen: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.seen[args.typ] = args
        return f"{args.name}-id", {**args.inputs, **self.outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


@pytest.fixture
def engine() -> Recorder:
    recorder = Recorder(
        {
            "runId": "jr_1",
            "executionSeconds": 12.0,
            "datasets": {"train": "s3://b/train/", "runId": "kept"},
            "modelSha256": "ab",
            "history": [{"model_data_url": "s3://b/old", "endpointName": "kept"}],
            "passed": {"accuracy": 0.9},
        }
    )
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(recorder, preview=False)
    return recorder


def value_of(output: pulumi.Output[Any]) -> Any:
    return asyncio.get_event_loop().run_until_complete(output.future())


def test_inputs_are_camel_case_outside_and_untouched_inside(engine: Recorder) -> None:
    run = GlueJobRun(
        "prep",
        GlueJobRunArgs(
            job_name="prep",
            arguments={"--raw_table": "penguins", "job_name": "data"},
            trigger="hash",
            processed_uri="s3://b/p",
        ),
    )
    assert value_of(run.run_id) == "jr_1"
    inputs = engine.seen["trimaran:aws:GlueJobRun"].inputs
    assert inputs == {
        "jobName": "prep",
        "arguments": {"--raw_table": "penguins", "job_name": "data"},
        "trigger": "hash",
        "processedUri": "s3://b/p",
        "timeoutMinutes": 60,
    }


def test_outputs_come_back_in_snake_case_with_their_maps_untouched(engine: Recorder) -> None:
    run = GlueJobRun(
        "prep", GlueJobRunArgs(job_name="j", arguments={}, trigger="t", processed_uri="s3://b/p")
    )
    assert value_of(run.datasets) == {"train": "s3://b/train/", "runId": "kept"}
    assert value_of(run.execution_seconds) == 12
    assert value_of(run.job_name) == "j"


def test_a_release_travels_unchanged_and_its_history_comes_back(engine: Recorder) -> None:
    release = {"model_data_url": "s3://b/m", "endpoint_name": "data"}
    swap = EndpointRelease(
        "live",
        EndpointReleaseArgs(endpoint_name="e", endpoint_config_name="c", release=release),
    )
    assert value_of(swap.history) == [{"model_data_url": "s3://b/old", "endpointName": "kept"}]
    assert engine.seen["trimaran:aws:EndpointRelease"].inputs["release"] == release


def test_an_input_may_be_the_output_of_another_resource(engine: Recorder) -> None:
    result = TrainingResult("r", TrainingResultArgs(training_job_name="j"))
    gate = QualityGate(
        "gate",
        QualityGateArgs(
            metrics={"accuracy": result.model_sha256.apply(len)},
            minimums={"accuracy": 1},
            subject=result.model_sha256,
            remedy="",
        ),
    )
    assert value_of(gate.passed) == {"accuracy": 0.9}
    inputs = engine.seen["trimaran:index:QualityGate"].inputs
    assert inputs["metrics"] == {"accuracy": 2}
    assert inputs["subject"] == "ab"


@pytest.mark.parametrize(
    ("name", "wire"), [("release", "release"), ("model_sha256", "modelSha256"), ("a_b_c", "aBC")]
)
def test_wire_names(name: str, wire: str) -> None:
    assert camel_case(name) == wire
