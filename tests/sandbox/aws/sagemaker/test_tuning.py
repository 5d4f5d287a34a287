"""Tuning jobs search: their training jobs run with different values, and the best one is found."""

from typing import Any

import pytest

from tests.sandbox.aws.sagemaker.calls import SageMaker, unique
from tests.sandbox.running import eventually

SCRIPT = """
import argparse, math, time
parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, default=0.01)
parser.add_argument("--batch_size", type=int, default=32)
parser.add_argument("--seed", type=int)
a = parser.parse_args()
for epoch in range(4):
    quality = 1 - abs(math.log10(a.learning_rate) + 2) / 3 - (a.batch_size == 128) / 10
    print(f"accuracy={(epoch + 1) / 4 * quality:.4f}", flush=True); time.sleep({pause})
"""
RANGES = {
    "ContinuousParameterRanges": [
        {
            "Name": "learning_rate",
            "MinValue": "0.0001",
            "MaxValue": "1",
            "ScalingType": "Logarithmic",
        }
    ],
    "CategoricalParameterRanges": [{"Name": "batch_size", "Values": ["32", "64", "128"]}],
}


def tuning_request(
    sagemaker: SageMaker, *, pause: float = 0.0, ranges: dict[str, Any] = RANGES, **config: Any
) -> dict[str, Any]:
    definition = sagemaker.training_request(
        SCRIPT.replace("{pause}", str(pause)),
        metrics=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        parameters={"seed": "42"},
    )
    definition.pop("TrainingJobName")
    return {
        "HyperParameterTuningJobName": unique("tuning"),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": ranges,
            "RandomSeed": 1,
            **config,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": definition.pop("HyperParameters"),
            **definition,
        },
    }


def tune(sagemaker: SageMaker, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run a tuning job to its end; its description and its training jobs, best first."""
    request = tuning_request(sagemaker, **options)
    sagemaker.client.create_hyper_parameter_tuning_job(**request)
    name = request["HyperParameterTuningJobName"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )
        running = found["HyperParameterTuningJobStatus"] in ("InProgress", "Stopping")
        return None if running else found

    described = eventually(ended, 120)
    jobs = sagemaker.client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
        MaxResults=100,
    )["TrainingJobSummaries"]
    return described, jobs


def test_values_stay_in_their_ranges_and_the_best_job_is_named(sagemaker: SageMaker) -> None:
    described, jobs = tune(sagemaker, Strategy="Bayesian")
    assert described["HyperParameterTuningJobStatus"] == "Completed", described
    assert described["TrainingJobStatusCounters"]["Completed"] == len(jobs) == 4
    for job in jobs:
        assert 0.0001 <= float(job["TunedHyperParameters"]["learning_rate"]) <= 1
        assert job["TunedHyperParameters"]["batch_size"] in ("32", "64", "128")
    assert len({job["TunedHyperParameters"]["learning_rate"] for job in jobs}) == 4
    values = [job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for job in jobs]
    assert values == sorted(values, reverse=True)
    best = described["BestTrainingJob"]
    assert best["TrainingJobName"] == jobs[0]["TrainingJobName"]
    one = sagemaker.client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert one["TuningJobArn"] == described["HyperParameterTuningJobArn"]
    assert one["HyperParameters"]["_tuning_objective_metric"] == "accuracy"
    assert one["HyperParameters"]["seed"] == "42"


def test_minimising_finds_the_smallest(sagemaker: SageMaker) -> None:
    described, jobs = tune(
        sagemaker,
        HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "accuracy"},
    )
    assert described["BestTrainingJob"]["TrainingJobName"] == jobs[-1]["TrainingJobName"]


def test_a_grid_is_searched_completely(sagemaker: SageMaker) -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "learning_rate", "Values": ["0.1", "0.01"]},
            {"Name": "batch_size", "Values": ["32", "128"]},
        ]
    }
    described, jobs = tune(
        sagemaker, ranges=ranges, Strategy="Grid", ResourceLimits={"MaxParallelTrainingJobs": 2}
    )
    assert described["HyperParameterTuningJobStatus"] == "Completed", described
    found = {tuple(sorted(job["TunedHyperParameters"].items())) for job in jobs}
    assert len(found) == len(jobs) == 4
    assert jobs[0]["TunedHyperParameters"] == {"learning_rate": "0.01", "batch_size": "32"}


@pytest.mark.parametrize(
    "config",
    [
        {"Strategy": "Bayesian", "TrainingJobEarlyStoppingType": "Auto"},
        {
            "Strategy": "Hyperband",
            "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 4}},
        },
    ],
)
def test_jobs_without_prospects_are_stopped_early(
    sagemaker: SageMaker, config: dict[str, Any]
) -> None:
    limits = {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 1}
    described, jobs = tune(sagemaker, pause=0.15, ResourceLimits=limits, **config)
    counters = described["TrainingJobStatusCounters"]
    assert counters["Stopped"] >= 1, counters
    assert counters["Completed"] >= 1, counters
    assert described["BestTrainingJob"]["TrainingJobStatus"] == "Completed"
    assert len(jobs) == 6


def test_a_stopped_tuning_job_stops_its_training_jobs(sagemaker: SageMaker) -> None:
    request = tuning_request(sagemaker, pause=30)
    sagemaker.client.create_hyper_parameter_tuning_job(**request)
    name = request["HyperParameterTuningJobName"]

    def jobs() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            sagemaker.client.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )["TrainingJobSummaries"]
        )
        return found

    eventually(jobs)
    sagemaker.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    def status() -> str:
        return str(
            sagemaker.client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
                "HyperParameterTuningJobStatus"
            ]
        )

    eventually(lambda: status() == "Stopped")
    assert {job["TrainingJobStatus"] for job in jobs()} == {"Stopped"}


def test_a_job_whose_trials_all_fail_says_why(sagemaker: SageMaker) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "unknown", "Values": ["1", "2"]}]}
    described, _ = tune(sagemaker, ranges=ranges)
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert "unrecognized arguments: --unknown" in described["FailureReason"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "other"}},
            r"\[other\]",
        ),
        ({"Strategy": "Grid"}, "categorical"),
        ({"ranges": {}}, "At least one"),
        (
            {
                "ranges": {
                    "IntegerParameterRanges": [{"Name": "n", "MinValue": "5", "MaxValue": "1"}]
                }
            },
            "must be less than",
        ),
        (
            {"ranges": {"CategoricalParameterRanges": [{"Name": "seed", "Values": ["1"]}]}},
            "both static and tuned",
        ),
        (
            {"ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}},
            "MaxParallelTrainingJobs",
        ),
    ],
)
def test_a_wrong_request_is_refused(
    sagemaker: SageMaker, options: dict[str, Any], message: str
) -> None:
    request = tuning_request(sagemaker, **options)
    with pytest.raises(sagemaker.client.exceptions.ClientError, match=message):
        sagemaker.client.create_hyper_parameter_tuning_job(**request)
