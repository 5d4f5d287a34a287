"""What a data scientist writes with the sagemaker SDK: train with ModelTrainer, deploy, predict.

Run by test_sdk.py as a program of its own, for the SDK takes seconds to import. Prints one JSON
object with what it saw.
"""

import json
import sys
import tempfile
from pathlib import Path

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.train import ModelTrainer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
SCRIPT = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--label")
label = parser.parse_args().label
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
pathlib.Path(os.environ["SM_MODEL_DIR"], "label").write_text(f"{label} {rows}")
"""


def make_role() -> str:
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="sdk-role", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="sdk-role", PolicyName="all", PolicyDocument=json.dumps(RIGHTS))
    return str(role["Role"]["Arn"])


def main() -> None:
    role = make_role()
    work = Path(tempfile.mkdtemp(dir=sys.argv[1]))
    (work / "code").mkdir()
    (work / "code" / "train.py").write_text(SCRIPT)
    (work / "data").mkdir()
    (work / "data" / "rows.csv").write_text("1,2")
    # Without a bucket of its own the SDK asks STS at the address it has for the region.
    boto3.client("s3").create_bucket(Bucket="sdk-bucket")
    session = Session(boto_session=boto3.Session(), default_bucket="sdk-bucket")
    trainer = ModelTrainer(
        sagemaker_session=session,
        role=role,
        base_job_name="sdk-job",
        training_image=IMAGE,
        source_code=SourceCode(source_dir=str(work / "code"), entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
        hyperparameters={"label": "by-sdk"},
    )
    trainer.train(
        input_data_config=[InputData(channel_name="train", data_source=str(work / "data"))],
        wait=True,
        logs=True,
    )
    name = trainer._latest_training_job.training_job_name
    job = TrainingJob.get(training_job_name=name)
    Model.create(
        model_name="sdk-model",
        primary_container=ContainerDefinition(
            image=IMAGE, model_data_url=job.model_artifacts.s3_model_artifacts
        ),
        execution_role_arn=role,
    )
    EndpointConfig.create(
        endpoint_config_name="sdk-config",
        production_variants=[
            ProductionVariant(
                variant_name="AllTraffic",
                model_name="sdk-model",
                instance_type="ml.m5.large",
                initial_instance_count=1,
            )
        ],
    )
    endpoint = Endpoint.create(endpoint_name="sdk-endpoint", endpoint_config_name="sdk-config")
    endpoint.wait_for_status("InService", poll=1)
    answer = endpoint.invoke(body=b"[[1,2,3,4]]", content_type="application/json")
    label = json.loads(answer.body.read())["label"]
    endpoint.delete()
    endpoint.wait_for_delete(poll=1)
    result = {"status": job.training_job_status, "label": label}
    Path(sys.argv[1], "result.json").write_text(json.dumps(result))


main()
