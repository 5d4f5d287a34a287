"""Results of jobs that really trained."""

import hashlib
import threading
from typing import Any

import pytest

from components.aws.runs.training_result import TrainingResultHandler
from plugin.handler import ResourceFailedError
from tests.sandbox.aws.sagemaker.calls import SageMaker
from tests.sandbox.runs.conftest import Operation

TRAINS = """
import json, os, pathlib, sys, time
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
rate = float(given.get("--learning_rate", "0.1"))
time.sleep(float(given.get("--seconds", "0")))
print(f"epoch=1 validation_accuracy={1 - rate:.3f}", flush=True)
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "model.joblib").write_text(f"rate {rate}")
(model / "code").mkdir()
(model / "code" / "inference.py").write_text("")
report = {"accuracy": 1 - rate, "rows": 52, "confusion_matrix": [[1]]}
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "evaluation.json").write_text(json.dumps(report))
"""
METRICS = [{"Name": "validation:accuracy", "Regex": "validation_accuracy=([0-9.]+)"}]


def inputs(name: str) -> dict[str, Any]:
    return {"trainingJobName": name, "modelFile": "model.joblib", "maxModelBytes": 10_000_000}


def test_a_job_is_waited_for_and_its_model_hashed(
    sagemaker: SageMaker, operation: Operation
) -> None:
    request = sagemaker.training_request(
        TRAINS, metrics=METRICS, parameters={"learning_rate": "0.25", "seconds": "2"}
    )
    name = request["TrainingJobName"]
    sagemaker.client.create_training_job(**request)
    resource_id, outputs = TrainingResultHandler().create(operation.context, inputs(name))
    assert resource_id == outputs["bestTrainingJobName"] == name
    assert outputs["modelSha256"] == hashlib.sha256(b"rate 0.25").hexdigest()
    assert outputs["metrics"] == {"validation:accuracy": 0.75}
    assert outputs["evaluation"] == {"accuracy": 0.75, "rows": 52}
    assert outputs["hyperParameters"] == {"learning_rate": "0.25", "seconds": "2"}
    assert outputs["trainingSeconds"] >= 1
    assert any(line.startswith(f"training job {name}: ") for line in operation.lines)


def test_a_failed_job_shows_the_end_of_its_log(sagemaker: SageMaker, operation: Operation) -> None:
    job = sagemaker.train("raise ValueError('loss is nan')\n")
    with pytest.raises(ResourceFailedError) as failure:
        TrainingResultHandler().create(operation.context, inputs(job["TrainingJobName"]))
    assert "loss is nan" in str(failure.value).split("The log ends with")[1]


def test_a_model_with_a_link_is_refused(sagemaker: SageMaker, operation: Operation) -> None:
    script = (
        "import os\n"
        "os.symlink('/etc/passwd', os.path.join(os.environ['SM_MODEL_DIR'], 'model.joblib'))\n"
    )
    job = sagemaker.train(script)
    with pytest.raises(ResourceFailedError, match=r"model\.tar\.gz"):
        TrainingResultHandler().create(operation.context, inputs(job["TrainingJobName"]))


def test_the_best_job_of_a_tuning_job_is_the_result(
    sagemaker: SageMaker, operation: Operation
) -> None:
    request = sagemaker.training_request(TRAINS, metrics=METRICS)
    name = f"tune-{request['TrainingJobName']}"[:32]
    ranges = {
        "CategoricalParameterRanges": [{"Name": "learning_rate", "Values": ["0.1", "0.4"]}],
    }
    sagemaker.client.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:accuracy",
            },
            "ResourceLimits": {"MaxParallelTrainingJobs": 2},
            "ParameterRanges": ranges,
        },
        TrainingJobDefinition={
            "StaticHyperParameters": request["HyperParameters"],
            **{
                key: request[key]
                for key in (
                    "AlgorithmSpecification",
                    "RoleArn",
                    "InputDataConfig",
                    "OutputDataConfig",
                    "ResourceConfig",
                    "StoppingCondition",
                )
            },
        },
    )
    wanted = {"tuningJobName": name, "modelFile": "model.joblib", "maxModelBytes": 10_000_000}
    _, outputs = TrainingResultHandler().create(operation.context, wanted)
    assert outputs["evaluation"]["accuracy"] == 0.9
    assert outputs["hyperParameters"]["learning_rate"] == "0.1"
    assert outputs["modelSha256"] == hashlib.sha256(b"rate 0.1").hexdigest()


def test_deleting_the_result_stops_the_job(sagemaker: SageMaker, operation: Operation) -> None:
    request = sagemaker.training_request(TRAINS, parameters={"seconds": "120"})
    name = request["TrainingJobName"]
    sagemaker.client.create_training_job(**request)
    timer = threading.Timer(
        1.0,
        TrainingResultHandler().delete,
        (operation.context, name, {**inputs(name), "bestTrainingJobName": name}),
    )
    timer.start()
    with pytest.raises(ResourceFailedError, match=f"training job {name} ended with Stopped"):
        TrainingResultHandler().create(operation.context, inputs(name))
    timer.join()
