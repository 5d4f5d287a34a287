"""The result of a job: waited for, checked, and explained when there is none."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from components.aws.runs.training_result import TrainingResultHandler
from plugin.handler import OperationInterruptedError, ResourceFailedError

from .conftest import NOW, REGION, streaming

Aws = Callable[[str], Stubber]
INPUTS: dict[str, Any] = {
    "trainingJobName": "train-1",
    "region": REGION,
    "modelFile": "model.joblib",
    "maxModelBytes": 1024 * 1024,
}
TUNING: dict[str, Any] = {
    **{key: value for key, value in INPUTS.items() if key != "trainingJobName"},
    "tuningJobName": "tune-1",
}
MODEL = b"model bytes" * 100
BASE = "s3://artefacts/train-1/output"
EVALUATION = {"accuracy": 0.94, "rows": 52, "confusion_matrix": [[1, 2]], "note": "x", "ok": True}


def job(status: str = "Completed", **more: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "train-1",
        "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:123456789012:training-job/train-1",
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "ModelArtifacts": {"S3ModelArtifacts": f"{BASE}/model.tar.gz"},
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 1, "InstanceType": "ml.m5.large"},
        "StoppingCondition": {},
        "CreationTime": NOW,
        "HyperParameters": {"epochs": "10", "sagemaker_program": "train.py", "_tuning": "x"},
        "FinalMetricDataList": [{"MetricName": "accuracy", "Value": 0.5, "Timestamp": NOW}],
        "BillableTimeInSeconds": 40,
        "TrainingTimeInSeconds": 90,
        **more,
    }


def archive(*members: tuple[tarfile.TarInfo | str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member, data in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


GOOD = archive(("model.joblib", MODEL), ("code/inference.py", b"pass"))


def described(aws: Aws, *records: dict[str, Any]) -> None:
    for record in records:
        aws("sagemaker").add_response(
            "describe_training_job", record, {"TrainingJobName": record["TrainingJobName"]}
        )


def in_s3(aws: Aws, name: str, data: bytes | None) -> None:
    where = {"Bucket": "artefacts", "Key": f"train-1/output/{name}"}
    if data is None:
        aws("s3").add_client_error("get_object", "NoSuchKey", expected_params=where)
    else:
        aws("s3").add_response("get_object", {"Body": streaming(data)}, where)


def evaluated(aws: Aws) -> None:
    in_s3(aws, "output.tar.gz", archive(("evaluation.json", json.dumps(EVALUATION).encode())))


def test_the_result_of_a_completed_job(aws: Aws, context: Any) -> None:
    described(aws, job())
    in_s3(aws, "model.tar.gz", GOOD)
    evaluated(aws)
    resource_id, outputs = TrainingResultHandler().create(context, INPUTS)
    assert resource_id == "train-1"
    assert outputs == {
        "bestTrainingJobName": "train-1",
        "modelDataUrl": f"{BASE}/model.tar.gz",
        "modelSha256": hashlib.sha256(MODEL).hexdigest(),
        "metrics": {"accuracy": 0.5},
        "evaluation": {"accuracy": 0.94, "rows": 52},
        "hyperParameters": {"epochs": "10"},
        "billableSeconds": 40,
        "trainingSeconds": 90,
    }


def test_a_job_under_way_is_waited_for_with_its_newest_metrics(aws: Aws, context: Any) -> None:
    described(aws, job("InProgress", SecondaryStatus="Training"), job())
    in_s3(aws, "model.tar.gz", GOOD)
    in_s3(aws, "output.tar.gz", None)
    _, outputs = TrainingResultHandler().create(context, INPUTS)
    assert context.said("progress")[0] == "training job train-1: Training, 0 s, accuracy=0.5"
    assert outputs["evaluation"] == {}
    assert "no evaluation.json" in context.said("warning")[0]


def test_without_metrics_the_newest_log_line_is_shown(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    under_way = job("InProgress", SecondaryStatus="Training", FinalMetricDataList=[])
    described(aws, under_way, job())
    log_lines("/aws/sagemaker/TrainingJobs", "train-1/", ["epoch=1", "epoch=2", "  "])
    in_s3(aws, "model.tar.gz", GOOD)
    evaluated(aws)
    TrainingResultHandler().create(context, INPUTS)
    assert context.said("progress")[0].endswith("epoch=2")


def test_a_failed_job_is_explained_with_its_log(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    described(aws, job("Failed", FailureReason="AlgorithmError: exit code 1."))
    log_lines("/aws/sagemaker/TrainingJobs", "train-1/", ["ValueError: nan"])
    with pytest.raises(ResourceFailedError) as failure:
        TrainingResultHandler().create(context, INPUTS)
    text = str(failure.value)
    for part in (
        "training job train-1 ended with Failed: AlgorithmError: exit code 1.",
        "    ValueError: nan",
        "/aws/sagemaker/TrainingJobs",
        "SageMaker > Training jobs > train-1",
        "delete-training-job --training-job-name train-1`, then `pulumi up --refresh`",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("secondary", "reason"),
    [
        ("MaxRuntimeExceeded", "longer than its max runtime"),
        ("MaxWaitTimeExceeded", "spot capacity did not come"),
        ("Stopped", "somebody stopped it"),
    ],
)
def test_a_stopped_job_says_why(
    aws: Aws, context: Any, log_lines: Callable[..., None], secondary: str, reason: str
) -> None:
    described(aws, job("Stopped", SecondaryStatus=secondary))
    log_lines("/aws/sagemaker/TrainingJobs", "train-1/", [])
    with pytest.raises(ResourceFailedError, match=reason):
        TrainingResultHandler().create(context, INPUTS)


def test_a_missing_job_is_named(aws: Aws, context: Any) -> None:
    aws("sagemaker").add_client_error(
        "describe_training_job", "ValidationException", "Requested resource not found."
    )
    with pytest.raises(ResourceFailedError, match="training job train-1 does not exist"):
        TrainingResultHandler().create(context, INPUTS)


def test_an_interruption_leaves_the_job_going_and_says_how_to_stop_it(
    aws: Aws, context: Any
) -> None:
    described(aws, job("InProgress"))
    with pytest.raises(OperationInterruptedError, match=r"goes on.*stop-training-job.*train-1"):
        TrainingResultHandler().create(replace(context, interrupt_after=0), INPUTS)


def test_a_job_without_a_packed_model_is_refused(aws: Aws, context: Any) -> None:
    described(aws, job(ModelArtifacts={"S3ModelArtifacts": f"{BASE}/model/"}))
    with pytest.raises(ResourceFailedError, match=r"without a model\.tar\.gz"):
        TrainingResultHandler().create(context, INPUTS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (archive(("../model.joblib", MODEL)), "leaves the archive's folder"),
        (archive(("model.joblib", MODEL), ("/etc/x", b"")), "leaves the archive's folder"),
        (archive(("model.joblib", MODEL), ("code/../../x", b"")), "leaves the archive's folder"),
        (archive((special("model.joblib", tarfile.SYMTYPE, "/etc/passwd"), b"")), "is a link"),
        (archive(("a", b"x"), (special("b", tarfile.LNKTYPE, "a"), b"")), "is a link"),
        (archive((special("pipe", tarfile.FIFOTYPE), b"")), "neither a file nor a folder"),
        (archive((special("device", tarfile.CHRTYPE), b"")), "neither a file nor a folder"),
        (archive(("other.bin", MODEL)), r"holds no file model\.joblib"),
        (archive(("sub/model.joblib", MODEL)), r"holds no file model\.joblib"),
        (archive(("model.joblib", MODEL), ("./model.joblib", b"evil")), "2 times the file"),
        (archive(("model.joblib", b"\0" * 1024 * 1024 * 2)), "more than the 1048576 bytes"),
        (archive(("model.joblib", MODEL), ("z", b"\0" * 1024 * 1024)), "more than the 1048576"),
        (GOOD[:-20], "no intact"),
        (GOOD[: len(GOOD) // 2], "no intact"),
        (GOOD[:-8] + b"\0" * 8, "no intact"),
        (b"not an archive", "no intact"),
        (b"", "no intact|holds no file"),
        (gzip.compress(b"no tar at all" * 100), "no intact"),
    ],
    ids=[
        "parent",
        "absolute",
        "parent inside",
        "symlink",
        "hard link",
        "pipe",
        "device",
        "no model",
        "model elsewhere",
        "model twice",
        "model too big",
        "rest too big",
        "cut end",
        "cut in half",
        "wrong checksum",
        "no archive",
        "empty",
        "no tar",
    ],
)
def test_an_unfit_archive_is_refused(aws: Aws, context: Any, content: bytes, message: str) -> None:
    described(aws, job())
    in_s3(aws, "model.tar.gz", content)
    with pytest.raises(ResourceFailedError, match=message):
        TrainingResultHandler().create(context, INPUTS)


def test_a_missing_archive_says_to_train_again(aws: Aws, context: Any) -> None:
    described(aws, job())
    in_s3(aws, "model.tar.gz", None)
    with pytest.raises(ResourceFailedError, match=r"does not exist.*Train again"):
        TrainingResultHandler().create(context, INPUTS)


def test_a_report_that_is_no_object_is_refused(aws: Aws, context: Any) -> None:
    described(aws, job())
    in_s3(aws, "model.tar.gz", GOOD)
    in_s3(aws, "output.tar.gz", archive(("evaluation.json", b"[1, 2]")))
    with pytest.raises(ResourceFailedError, match=r"evaluation\.json is no JSON object"):
        TrainingResultHandler().create(context, INPUTS)


def tuning(status: str, **more: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": "tune-1",
        "HyperParameterTuningJobArn": f"arn:aws:sagemaker:{REGION}:123456789012:h/tune-1",
        "HyperParameterTuningJobStatus": status,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:accuracy",
            },
        },
        "CreationTime": NOW,
        "TrainingJobStatusCounters": {"Completed": 2, "InProgress": 1, "NonRetryableError": 1},
        "ObjectiveStatusCounters": {},
        **more,
    }


BEST = {
    "TrainingJobName": "train-1",
    "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:123456789012:training-job/train-1",
    "CreationTime": NOW,
    "TrainingJobStatus": "Completed",
    "TunedHyperParameters": {"epochs": "10"},
    "FinalHyperParameterTuningJobObjectiveMetric": {
        "MetricName": "validation:accuracy",
        "Value": 0.91,
    },
}


def tuned(aws: Aws, *records: dict[str, Any]) -> None:
    for record in records:
        aws("sagemaker").add_response("describe_hyper_parameter_tuning_job", record)


def failures(aws: Aws, *found: dict[str, Any]) -> None:
    aws("sagemaker").add_response(
        "list_training_jobs_for_hyper_parameter_tuning_job",
        {"TrainingJobSummaries": list(found)},
        {"HyperParameterTuningJobName": "tune-1", "StatusEquals": "Failed", "MaxResults": 1},
    )


def test_the_result_of_a_tuning_job_is_that_of_its_best_training_job(
    aws: Aws, context: Any
) -> None:
    tuned(
        aws,
        tuning("InProgress", BestTrainingJob=BEST),
        tuning("Completed", BestTrainingJob=BEST),
    )
    described(aws, job())
    in_s3(aws, "model.tar.gz", GOOD)
    evaluated(aws)
    resource_id, outputs = TrainingResultHandler().create(context, TUNING)
    assert resource_id == "tune-1"
    assert outputs["bestTrainingJobName"] == "train-1"
    assert context.said("progress")[0] == (
        "tuning job tune-1: 2 done, 1 running, 1 failed, at most 4, 0 s, "
        "best so far validation:accuracy=0.91 (epochs=10)"
    )


def test_a_failed_tuning_job_shows_one_of_its_failed_training_jobs(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    tuned(aws, tuning("Failed", FailureReason="All training jobs failed"))
    failures(aws, {**BEST, "TrainingJobStatus": "Failed", "FailureReason": "exit code 1"})
    log_lines("/aws/sagemaker/TrainingJobs", "train-1/", ["KeyError: 'x'"])
    with pytest.raises(ResourceFailedError, match=r"(?s)All training.*train-1, failed.*KeyError"):
        TrainingResultHandler().create(context, TUNING)


def test_a_tuning_job_without_a_best_job_names_the_metric(aws: Aws, context: Any) -> None:
    tuned(aws, tuning("Completed"))
    failures(aws)
    with pytest.raises(ResourceFailedError, match="objective metric 'validation:accuracy'"):
        TrainingResultHandler().create(context, TUNING)


@pytest.mark.parametrize("names", [{}, {"trainingJobName": "a", "tuningJobName": "b"}])
def test_exactly_one_job_must_be_named(context: Any, names: dict[str, str]) -> None:
    _, found = TrainingResultHandler().check(context, {}, names)
    assert "exactly one" in found[0].reason


@pytest.mark.parametrize("inputs", [INPUTS, TUNING], ids=["training", "tuning"])
def test_one_named_job_is_accepted(context: Any, inputs: dict[str, Any]) -> None:
    assert TrainingResultHandler().check(context, {}, inputs)[1] == []


def test_another_job_replaces_and_another_file_does_not(context: Any) -> None:
    handler = TrainingResultHandler()
    other = {**INPUTS, "trainingJobName": "train-2"}
    assert handler.diff(context, "train-1", INPUTS, other).replaces == {"trainingJobName"}
    assert handler.diff(context, "train-1", INPUTS, TUNING).replaces == {
        "trainingJobName",
        "tuningJobName",
    }
    assert not handler.diff(context, "train-1", INPUTS, {**INPUTS, "modelFile": "m"}).replaces


OUTPUTS = {**INPUTS, "bestTrainingJobName": "train-1", "modelDataUrl": f"{BASE}/model.tar.gz"}


def gone(aws: Aws) -> None:
    aws("sagemaker").add_client_error(
        "describe_training_job", "ValidationException", "Requested resource not found."
    )


def test_read_asks_no_more_when_the_job_is_recorded(aws: Aws, context: Any) -> None:
    described(aws, job())
    assert TrainingResultHandler().read(context, "train-1", OUTPUTS, INPUTS) is not None


def test_read_keeps_a_result_whose_record_is_gone_but_not_its_model(aws: Aws, context: Any) -> None:
    gone(aws)
    aws("s3").add_response("head_object", {}, {"Bucket": ANY, "Key": ANY})
    assert TrainingResultHandler().read(context, "train-1", OUTPUTS, INPUTS) is not None


def test_read_gives_up_a_result_whose_record_and_model_are_gone(aws: Aws, context: Any) -> None:
    gone(aws)
    aws("s3").add_client_error("head_object", "404")
    assert TrainingResultHandler().read(context, "train-1", OUTPUTS, INPUTS) is None


def test_delete_stops_a_training_job_under_way_and_only_then(aws: Aws, context: Any) -> None:
    described(aws, job("InProgress"))
    aws("sagemaker").add_response("stop_training_job", {}, {"TrainingJobName": "train-1"})
    TrainingResultHandler().delete(context, "train-1", OUTPUTS)
    described(aws, job())
    TrainingResultHandler().delete(context, "train-1", OUTPUTS)
    gone(aws)
    TrainingResultHandler().delete(context, "train-1", OUTPUTS)


def test_delete_stops_a_tuning_job_under_way(aws: Aws, context: Any) -> None:
    tuned(aws, tuning("InProgress"))
    aws("sagemaker").add_response(
        "stop_hyper_parameter_tuning_job", {}, {"HyperParameterTuningJobName": "tune-1"}
    )
    TrainingResultHandler().delete(context, "tune-1", {**TUNING, "bestTrainingJobName": "x"})
