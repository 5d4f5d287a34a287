"""What resources under test refer to, made through boto3 when a test first needs it."""

import functools
import io
import json
import tarfile
from typing import Any

ACCOUNT = "123456789012"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


def policy(action: str = "s3:GetObject", **more: Any) -> str:
    """An IAM policy document."""
    statement = {"Effect": "Allow", "Action": [action], "Resource": ["arn:aws:s3:::x/*"], **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str = "sagemaker.amazonaws.com") -> str:
    """A trust policy document."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class World:
    """Buckets, keys, roles and networks of the sandbox under test."""

    def __init__(self, boto: Any) -> None:
        self.boto = boto

    @functools.cached_property
    def bucket(self) -> str:
        return self.new_bucket("plugin-world")

    @functools.cached_property
    def log_bucket(self) -> str:
        name = self.new_bucket("plugin-logs")
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": action,
                "Resource": resource,
            }
            for service, action, resource in (
                ("logging.s3.amazonaws.com", "s3:PutObject", f"arn:aws:s3:::{name}/*"),
                ("cloudtrail.amazonaws.com", "s3:PutObject", f"arn:aws:s3:::{name}/*"),
                ("cloudtrail.amazonaws.com", "s3:GetBucketAcl", f"arn:aws:s3:::{name}"),
            )
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.boto("s3").put_bucket_policy(Bucket=name, Policy=document)
        return name

    def new_bucket(self, name: str) -> str:
        self.boto("s3").create_bucket(Bucket=name)
        return name

    @functools.cached_property
    def key_arn(self) -> str:
        return str(self.boto("kms").create_key()["KeyMetadata"]["Arn"])

    @functools.cached_property
    def other_key_arn(self) -> str:
        return str(self.boto("kms").create_key()["KeyMetadata"]["Arn"])

    @functools.cached_property
    def role_name(self) -> str:
        self.boto("iam").create_role(RoleName="plugin-world", AssumeRolePolicyDocument=trust())
        return "plugin-world"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role_name}"

    @functools.cached_property
    def managed_policy_arn(self) -> str:
        created = self.boto("iam").create_policy(PolicyName="plugin-world", PolicyDocument=policy())
        return str(created["Policy"]["Arn"])

    @functools.cached_property
    def vpc_id(self) -> str:
        return str(self.boto("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"])

    @functools.cached_property
    def subnet_ids(self) -> list[str]:
        ec2 = self.boto("ec2")
        return [
            str(
                ec2.create_subnet(
                    VpcId=self.vpc_id, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=zone
                )["Subnet"]["SubnetId"]
            )
            for n, zone in enumerate(("us-east-1a", "us-east-1b"), start=1)
        ]

    @functools.cached_property
    def route_table_ids(self) -> list[str]:
        ec2 = self.boto("ec2")
        made = [ec2.create_route_table(VpcId=self.vpc_id) for _ in range(2)]
        return [str(item["RouteTable"]["RouteTableId"]) for item in made]

    @functools.cached_property
    def group_ids(self) -> list[str]:
        ec2 = self.boto("ec2")
        made = [
            ec2.create_security_group(GroupName=name, Description="d", VpcId=self.vpc_id)
            for name in ("plugin-one", "plugin-two")
        ]
        return [str(item["GroupId"]) for item in made]

    @functools.cached_property
    def log_group_arn(self) -> str:
        self.boto("logs").create_log_group(logGroupName="plugin-world")
        return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:plugin-world"

    @functools.cached_property
    def database(self) -> str:
        self.boto("glue").create_database(DatabaseInput={"Name": "plugin_world"})
        return "plugin_world"

    @functools.cached_property
    def topic_arn(self) -> str:
        return str(self.boto("sns").create_topic(Name="plugin-world")["TopicArn"])

    @functools.cached_property
    def queue_arn(self) -> str:
        self.boto("sqs").create_queue(QueueName="plugin-world")
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:plugin-world"

    def detector(self) -> str:
        """The detector: there is one a region."""
        guardduty = self.boto("guardduty")
        for known in guardduty.list_detectors()["DetectorIds"]:
            return str(known)
        return str(guardduty.create_detector(Enable=True)["DetectorId"])

    def without_detector(self) -> bool:
        """Makes room for another."""
        guardduty = self.boto("guardduty")
        for known in guardduty.list_detectors()["DetectorIds"]:
            guardduty.delete_detector(DetectorId=known)
        return True

    def recorder(self) -> str:
        """A recorder that does not record: there is one a region."""
        self.without_recorder()
        recorder = {"name": "plugin-world", "roleARN": self.role_arn}
        self.boto("config").put_configuration_recorder(ConfigurationRecorder=recorder)
        return "plugin-world"

    def recorder_with_channel(self) -> str:
        """The same, ready to record."""
        name = self.recorder()
        channel = {"name": name, "s3BucketName": self.log_bucket}
        self.boto("config").put_delivery_channel(DeliveryChannel=channel)
        return name

    def without_recorder(self) -> str:
        """Makes room for another; returns a role for it."""
        config = self.boto("config")
        for known in config.describe_configuration_recorders()["ConfigurationRecorders"]:
            config.stop_configuration_recorder(ConfigurationRecorderName=known["name"])
            for channel in config.describe_delivery_channels()["DeliveryChannels"]:
                config.delete_delivery_channel(DeliveryChannelName=channel["name"])
            config.delete_configuration_recorder(ConfigurationRecorderName=known["name"])
        return self.role_arn

    @functools.cached_property
    def alarm_name(self) -> str:
        self.boto("cloudwatch").put_metric_alarm(
            AlarmName="plugin-world",
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        return "plugin-world"

    @functools.cached_property
    def model_data(self) -> str:
        """A model archive that the sandbox's stub server serves."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            info = tarfile.TarInfo("label")
            info.size = 5
            archive.addfile(info, io.BytesIO(b"world"))
        self.boto("s3").put_object(
            Bucket=self.bucket, Key="model/model.tar.gz", Body=buffer.getvalue()
        )
        return f"s3://{self.bucket}/model/model.tar.gz"

    @functools.cached_property
    def model_name(self) -> str:
        self.boto("sagemaker").create_model(
            ModelName="plugin-world",
            ExecutionRoleArn=self.role_arn,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": self.model_data},
        )
        return "plugin-world"

    def endpoint_config(self, name: str) -> str:
        self.boto("sagemaker").create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": self.model_name,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1.0,
                }
            ],
        )
        return name

    @functools.cached_property
    def endpoint_configs(self) -> tuple[str, str]:
        return self.endpoint_config("plugin-one"), self.endpoint_config("plugin-two")

    def new_endpoint(self, name: str) -> str:
        sagemaker = self.boto("sagemaker")
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.endpoint_configs[0])
        waiter = sagemaker.get_waiter("endpoint_in_service")
        waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return name

    @functools.cached_property
    def unscaled(self) -> dict[str, str]:
        """What can be scaled and is not registered for it."""
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.new_endpoint('plugin-free')}/variant/AllTraffic",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    @functools.cached_property
    def scalable(self) -> dict[str, str]:
        """Where a scalable target is registered."""
        where = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.new_endpoint('plugin-world')}/variant/AllTraffic",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        self.boto("application-autoscaling").register_scalable_target(
            MinCapacity=1, MaxCapacity=2, **where
        )
        return where
