"""Requests of the SageMaker tests, as a user would send them."""

import io
import itertools
import tarfile
import time
from typing import Any

from tests.sandbox.running import RunningSandbox, eventually

ROLE = "arn:aws:iam::123456789012:role/sagemaker-role"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BUCKET = "sagemaker-tests"
_numbers = itertools.count(1)


def unique(base: str) -> str:
    """A name no other test uses."""
    return f"{base}-{next(_numbers)}"


def archive(files: dict[str, str]) -> bytes:
    """A tar.gz of text files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


class SageMaker:
    """SageMaker and S3 of one sandbox."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.client("sagemaker")
        self.runtime = sandbox.client("sagemaker-runtime")
        self.s3 = sandbox.client("s3")
        if BUCKET not in [b["Name"] for b in self.s3.list_buckets()["Buckets"]]:
            self.s3.create_bucket(Bucket=BUCKET)

    def put(self, key: str, body: bytes | str) -> str:
        data = body.encode() if isinstance(body, str) else body
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri: str) -> bytes:
        key = uri.removeprefix(f"s3://{BUCKET}/")
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def files(self, uri: str) -> dict[str, str]:
        """The files of a tar.gz in S3."""
        with tarfile.open(fileobj=io.BytesIO(self.get(uri)), mode="r:gz") as tar:
            result = {}
            for member in tar.getmembers():
                file = tar.extractfile(member)
                if file is not None:
                    result[member.name] = file.read().decode()
            return result

    def training_request(self, script: str, **changes: Any) -> dict[str, Any]:
        """A script-mode request; ``parameters``, ``channels`` and ``count`` are shorthands."""
        name = changes.pop("name", None) or unique("job")
        self.put(f"{name}/code/sourcedir.tar.gz", archive({"train.py": script}))
        channels = {"code": f"s3://{BUCKET}/{name}/code/", **changes.pop("channels", {})}
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": changes.pop("image", IMAGE),
                "TrainingInputMode": "File",
                "MetricDefinitions": changes.pop("metrics", []),
            },
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
                **changes.pop("parameters", {}),
            },
            "InputDataConfig": [
                {
                    "ChannelName": channel,
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                }
                for channel, uri in channels.items()
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": changes.pop("count", 1),
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        return {**request, **changes}

    def train(self, script: str, **changes: Any) -> dict[str, Any]:
        """Run a job to its end; its description."""
        request = self.training_request(script, **changes)
        self.client.create_training_job(**request)
        return self.wait_for_training(request["TrainingJobName"])

    def wait_for_training(self, name: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_training_job(TrainingJobName=name)
            running = found["TrainingJobStatus"] in ("InProgress", "Stopping")
            return None if running else found

        result: dict[str, Any] = eventually(ended, 60)
        return result

    def log(self, group: str, prefix: str) -> list[str]:
        """Lines of all streams of a log group that start with ``prefix``."""
        logs = self.sandbox.client("logs")
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
        lines = []
        for stream in streams["logStreams"]:
            events = logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )
            lines += [event["message"] for event in events["events"]]
        return lines

    def model(self, label: str, **container: Any) -> str:
        """A model the stub server answers for with ``label``."""
        name = unique(f"model-{label}")
        data = container.pop("data", None)
        uri = self.put(f"models/{name}.tar.gz", archive({"label": label}) if data is None else data)
        definition = {"Image": IMAGE, "ModelDataUrl": uri, **container}
        self.client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=definition)
        return name

    def config(self, *models: str, count: int = 1, variant: Any = None, **fields: Any) -> str:
        """A configuration with a variant for each model: AllTraffic, or v1, v2 ..."""
        name = unique("config")
        names = ["AllTraffic"] if len(models) == 1 else [f"v{n}" for n in range(1, 9)]
        capacity = {"InstanceType": "ml.m4.xlarge", "InitialInstanceCount": count}
        self.client.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {"VariantName": name, "ModelName": model, **(variant or capacity)}
                for name, model in zip(names, models, strict=False)
            ],
            **fields,
        )
        return name

    def endpoint(self, *models: str, **fields: Any) -> str:
        """An endpoint in service."""
        name = unique("endpoint")
        self.client.create_endpoint(
            EndpointName=name, EndpointConfigName=self.config(*models, **fields)
        )
        described = self.wait_for_endpoint(name)
        assert described["EndpointStatus"] == "InService", described
        return name

    def wait_for_endpoint(self, name: str) -> dict[str, Any]:
        def settled() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_endpoint(EndpointName=name)
            return found if found["EndpointStatus"] in ("InService", "Failed") else None

        result: dict[str, Any] = eventually(settled, 60)
        return result

    def gone(self, name: str) -> bool:
        try:
            self.client.describe_endpoint(EndpointName=name)
        except self.client.exceptions.ClientError:
            return True
        return False

    def wait_until(self, seconds: float) -> None:
        time.sleep(seconds)
