"""The project's own model_code under the sandbox: trained by a job, served by an endpoint."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.sandbox.aws.sagemaker.calls import BUCKET, IMAGE, ROLE, SageMaker, unique

MODEL_CODE = Path(__file__).resolve().parents[4] / "model_code"


def source_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in sorted(MODEL_CODE.glob("*.py")):
            tar.add(path, arcname=path.name)
    return buffer.getvalue()


def upload_splits(sagemaker: SageMaker, prefix: str) -> None:
    """Two well separated classes on two features, standardised already."""
    random = np.random.default_rng(1)
    for split, rows in (("train", 120), ("validation", 30), ("test", 30)):
        target = np.array(["a", "b"] * (rows // 2), dtype=object)
        shift = np.where(target == "a", -1.0, 1.0)
        frame = pd.DataFrame(
            {"f": shift + random.normal(0, 0.1, rows), "g": random.normal(0, 1, rows), "t": target}
        )
        buffer = io.BytesIO()
        frame.to_parquet(buffer)
        sagemaker.put(f"{prefix}/{split}/part.parquet", buffer.getvalue())
    statistics = {
        "features": ["f", "g"],
        "target": "t",
        "classes": ["a", "b"],
        "mean": {"f": 0.0, "g": 0.0},
        "std": {"f": 1.0, "g": 1.0},
        "rows": {"train": 120, "validation": 30, "test": 30},
    }
    sagemaker.put(f"{prefix}/statistics/statistics.json", json.dumps(statistics))


def trained(sagemaker: SageMaker, prefix: str, count: int) -> dict[str, Any]:
    channels = {
        name: f"s3://{BUCKET}/{prefix}/{name}/"
        for name in ("train", "validation", "test", "statistics")
    }
    request = sagemaker.training_request(
        "",
        channels=channels,
        count=count,
        parameters={"learning_rate": "0.05", "batch_size": "32", "epochs": "5", "seed": "1"},
        metrics=[{"Name": "test:accuracy", "Regex": "test_accuracy=([0-9.]+)"}],
        EnableNetworkIsolation=True,
    )
    name = request["TrainingJobName"]
    sagemaker.put(f"{name}/code/sourcedir.tar.gz", source_archive())
    sagemaker.client.create_training_job(**request)
    return sagemaker.wait_for_training(name)


@pytest.mark.parametrize("count", [1, 2])
def test_a_trained_model_predicts_behind_an_endpoint(sagemaker: SageMaker, count: int) -> None:
    prefix = unique("project")
    upload_splits(sagemaker, prefix)
    job = trained(sagemaker, prefix, count)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    [metric] = job["FinalMetricDataList"]
    assert metric["Value"] > 0.9
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    with tarfile.open(fileobj=io.BytesIO(sagemaker.get(uri)), mode="r:gz") as tar:
        file = tar.extractfile("model.joblib")
        assert file is not None
        digest = hashlib.sha256(file.read()).hexdigest()
    name = unique("project-model")
    sagemaker.client.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=True,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": uri,
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "MODEL_SHA256": digest,
            },
        },
    )
    endpoint = sagemaker.endpoint(name)
    answer = sagemaker.runtime.invoke_endpoint(
        EndpointName=endpoint, Body=b"[[-1, 0], [1, 0]]", ContentType="application/json"
    )
    predictions = json.loads(answer["Body"].read())["predictions"]
    assert [item["label"] for item in predictions] == ["a", "b"]
    with pytest.raises(sagemaker.runtime.exceptions.ModelError) as caught:
        sagemaker.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=b"not json", ContentType="application/json"
        )
    assert caught.value.response["OriginalStatusCode"] == 400
