"""A program of Vertex AI's jobs, model and deployment alone, on an endpoint that exists already.

Its settings are ``inputs.json`` beside it; what the jobs run is in there as well.
"""

import json
from pathlib import Path

import pulumi

from components.gcp.vertex.custom_job import CustomJob, CustomJobArgs
from components.gcp.vertex.deployment import Deployment, DeploymentArgs
from components.gcp.vertex.model import Model, ModelArgs
from components.gcp.vertex.tuning_job import TuningJob, TuningJobArgs
from components.runs.quality_gate import QualityGate, QualityGateArgs

SETTINGS = json.loads((Path(__file__).parent / "inputs.json").read_text())
PROJECT, REGION = "trimaran-local", "us-central1"
BASE = f"gs://{SETTINGS['bucket']}"


def spec(code: str, name: str, *args: pulumi.Input[str]) -> dict[str, object]:
    container = {
        "imageUri": "gcr.io/my-project/my-training-image",
        "command": ["python", "-c", code],
        "args": list(args),
    }
    machine = {"machineType": "n1-standard-4"}
    return {
        "workerPoolSpecs": [
            {"machineSpec": machine, "replicaCount": 1, "containerSpec": container}
        ],
        "scheduling": {"timeout": "600s"},
        "baseOutputDirectory": {"outputUriPrefix": f"{BASE}/{name}"},
    }


tuning = TuningJob(
    "tune",
    TuningJobArgs(
        project=PROJECT,
        region=REGION,
        name=SETTINGS["tuning"],
        study_spec={
            "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
            "algorithm": "GRID_SEARCH",
            "parameters": [
                {"parameterId": "learning_rate", "discreteValueSpec": {"values": [0.01, 0.02]}}
            ],
        },
        trial_job_spec=spec(SETTINGS["trial"], SETTINGS["tuning"]),
        max_trial_count=2,
        parallel_trial_count=2,
    ),
)
job = CustomJob(
    "train",
    CustomJobArgs(
        project=PROJECT,
        region=REGION,
        name=SETTINGS["training"],
        spec=spec(SETTINGS["train"], SETTINGS["training"], tuning.best_parameters["learning_rate"]),
        max_model_bytes=SETTINGS["max_model_bytes"],
    ),
)
gate = QualityGate(
    "accuracy",
    QualityGateArgs(
        metrics=job.evaluation,
        minimums={"accuracy": SETTINGS["minimum"]},
        subject=job.name,
        remedy="lower the minimum",
    ),
)
model = Model(
    "model",
    ModelArgs(
        project=PROJECT,
        region=REGION,
        model_id="e2e",
        artifact_uri=job.model_data_url,
        image="us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest",
        command=["python3", "-c", SETTINGS["serve"]],
        environment={"WHO": SETTINGS["training"]},
    ),
    pulumi.ResourceOptions(depends_on=[gate]),
)
deployment = Deployment(
    "deployment",
    DeploymentArgs(
        endpoint_name=SETTINGS["endpoint"],
        model_name=model.version_name,
        region=REGION,
        machine_type="n1-standard-2",
    ),
)
pulumi.export("best", tuning.best_parameters)
pulumi.export("sha256", job.model_sha256)
