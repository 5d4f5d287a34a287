"""For each token: inputs that create it, a change in place and a change that replaces."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.values import ASSET_SIGNATURE, SIGNATURE_KEY
from tests.sandbox.plugin.world import ACCOUNT, IMAGE, World, policy, trust

TAGS = {"owner": "ml", "data-class": "raw"}
ENDPOINT = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True)
class Case:
    """How to exercise one token. ``change`` is empty where nothing but tags changes in place."""

    token: str
    inputs: Callable[[World], Mapping[str, Any]]
    change: Callable[[World], Mapping[str, Any]] = field(default=lambda _: {"tags": {"owner": "x"}})
    replace: Callable[[World], Mapping[str, Any]] | None = None
    stays: bool = False
    """The cloud keeps the thing when the resource is deleted."""
    import_id: Callable[[Mapping[str, Any], str], str] = field(default=lambda _, i: i)

    @property
    def name(self) -> str:
        return self.token.rsplit(":", 1)[-1]


def _asset(text: str) -> dict[str, Any]:
    return {SIGNATURE_KEY: ASSET_SIGNATURE, "text": text, "hash": f"hash-{text}"}


def _bucket_setting(
    kind: str, inputs: Mapping[str, Any], change: Mapping[str, Any], *, stays: bool = False
) -> Case:
    token = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
    return Case(
        token,
        lambda world: {"bucket": world.bucket, **inputs},
        lambda _: change,
        lambda world: {"bucket": world.log_bucket},
        stays=stays,
    )


def _training(world: World) -> dict[str, Any]:
    return {
        "algorithmSpecification": {
            "trainingImage": IMAGE,
            "trainingInputMode": "File",
            "metricDefinitions": [{"name": "acc", "regex": "accuracy=([0-9.]+)"}],
        },
        "enableInterContainerTrafficEncryption": True,
        "enableManagedSpotTraining": True,
        "enableNetworkIsolation": True,
        "environment": {"A": "b"},
        "hyperParameters": {"epochs": "3"},
        "inputDataConfigs": [
            {
                "channelName": "train",
                "contentType": "text/csv",
                "dataSource": {
                    "s3DataSource": {
                        "s3DataType": "S3Prefix",
                        "s3Uri": f"s3://{world.bucket}/train",
                        "s3DataDistributionType": "FullyReplicated",
                    }
                },
            }
        ],
        "outputDataConfig": {
            "s3OutputPath": f"s3://{world.bucket}/out",
            "kmsKeyId": world.key_arn,
        },
        "checkpointConfig": {"s3Uri": f"s3://{world.bucket}/checkpoints"},
        "resourceConfig": {
            "instanceCount": 1,
            "instanceType": "ml.m5.large",
            "volumeSizeInGb": 5,
            "volumeKmsKeyId": world.key_arn,
        },
        "roleArn": world.role_arn,
        "stoppingCondition": {"maxRuntimeInSeconds": 600, "maxWaitTimeInSeconds": 900},
        "tags": TAGS,
        "trainingJobName": "plugin-case",
        "vpcConfig": {"securityGroupIds": world.group_ids, "subnets": world.subnet_ids},
    }


def _tuning(world: World) -> dict[str, Any]:
    job = _training(world)
    definition = {
        "algorithmSpecification": job["algorithmSpecification"],
        "inputDataConfigs": job["inputDataConfigs"],
        "outputDataConfig": job["outputDataConfig"],
        "resourceConfig": job["resourceConfig"],
        "roleArn": job["roleArn"],
        "staticHyperParameters": {"epochs": "1"},
        "stoppingCondition": {"maxRuntimeInSeconds": 600},
    }
    ranges = {
        "continuousParameterRanges": [
            {
                "name": "learning_rate",
                "minValue": "0.001",
                "maxValue": "0.1",
                "scalingType": "Logarithmic",
            }
        ],
        "categoricalParameterRanges": [{"name": "batch_size", "values": ["32", "64"]}],
    }
    return {
        "config": {
            "strategy": "Bayesian",
            "objective": {"metricName": "acc", "type": "Maximize"},
            "parameterRanges": ranges,
            "resourceLimits": {"maxNumberOfTrainingJobs": 2, "maxParallelTrainingJobs": 1},
            "trainingJobEarlyStoppingType": "Auto",
        },
        "name": "plugin-case",
        "tags": TAGS,
        "trainingJobDefinition": definition,
    }


def _endpoint_config(world: World, **variant: Any) -> dict[str, Any]:
    return {
        "dataCaptureConfig": {
            "captureOptions": [{"captureMode": "Input"}, {"captureMode": "Output"}],
            "captureContentTypeHeader": {"jsonContentTypes": ["application/json"]},
            "destinationS3Uri": f"s3://{world.bucket}/capture",
            "enableCapture": True,
            "initialSamplingPercentage": 100,
            "kmsKeyId": world.key_arn,
        },
        "kmsKeyArn": world.key_arn,
        "productionVariants": [
            {
                "initialInstanceCount": 1,
                "instanceType": "ml.m4.xlarge",
                "modelName": world.model_name,
                "variantName": "AllTraffic",
                **variant,
            }
        ],
        "tags": TAGS,
    }


def _job(world: World) -> dict[str, Any]:
    return {
        "command": {"scriptLocation": f"s3://{world.bucket}/job.py", "pythonVersion": "3"},
        "connections": ["plugin-world"],
        "defaultArguments": {"--a": "b"},
        "executionProperty": {"maxConcurrentRuns": 1},
        "glueVersion": "5.0",
        "maxRetries": 0,
        "numberOfWorkers": 2,
        "roleArn": world.role_arn,
        "tags": TAGS,
        "timeout": 60,
        "workerType": "G.1X",
    }


def _table(world: World) -> dict[str, Any]:
    return {
        "databaseName": world.database,
        "description": "rows",
        "name": "plugin_case",
        "parameters": {"classification": "csv", "skip.header.line.count": "1"},
        "partitionKeys": [{"name": "day", "type": "string"}],
        "storageDescriptor": {
            "columns": [{"name": "a", "type": "double"}, {"name": "b", "type": "string"}],
            "inputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "location": f"s3://{world.bucket}/raw/",
            "outputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "serDeInfo": {
                "parameters": {"separatorChar": ","},
                "serializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            },
        },
        "tableType": "EXTERNAL_TABLE",
    }


def _alarm(world: World) -> dict[str, Any]:
    return {
        "alarmActions": [world.topic_arn],
        "alarmDescription": "too slow",
        "comparisonOperator": "GreaterThanThreshold",
        "dimensions": {"EndpointName": "e", "VariantName": "v"},
        "evaluationPeriods": 2,
        "metricName": "ModelLatency",
        "namespace": "AWS/SageMaker",
        "period": 60,
        "statistic": "Average",
        "tags": TAGS,
        "threshold": 1000,
        "treatMissingData": "notBreaching",
    }


def _budget(world: World) -> dict[str, Any]:
    return {
        "budgetType": "COST",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:owner$ml"]}],
        "limitAmount": "100",
        "limitUnit": "USD",
        "notifications": [
            {
                "comparisonOperator": "GREATER_THAN",
                "notificationType": "FORECASTED",
                "subscriberEmailAddresses": ["a@example.org"],
                "threshold": 80,
                "thresholdType": "PERCENTAGE",
            },
            {
                "comparisonOperator": "GREATER_THAN",
                "notificationType": "ACTUAL",
                "subscriberSnsTopicArns": [world.topic_arn],
                "threshold": 100,
                "thresholdType": "PERCENTAGE",
            },
        ],
        "tags": TAGS,
        "timePeriodStart": "2026-01-01_00:00",
        "timeUnit": "MONTHLY",
    }


def _scaling(where: Mapping[str, str]) -> dict[str, Any]:
    return {
        "resourceId": where["ResourceId"],
        "scalableDimension": where["ScalableDimension"],
        "serviceNamespace": where["ServiceNamespace"],
    }


def _scaling_policy(world: World) -> dict[str, Any]:
    return {
        **_scaling(world.scalable),
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "predefinedMetricSpecification": {
                "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "scaleInCooldown": 300,
            "scaleOutCooldown": 60,
            "targetValue": 70,
        },
    }


def _rule(world: World) -> dict[str, Any]:
    return {
        "cidrIpv4": "10.0.0.0/8",
        "description": "inside",
        "fromPort": 443,
        "ipProtocol": "tcp",
        "securityGroupId": world.group_ids[0],
        "tags": TAGS,
        "toPort": 443,
    }


def _scaling_import(outputs: Mapping[str, Any], _: str) -> str:
    where = f"{outputs['serviceNamespace']}/{outputs['resourceId']}/{outputs['scalableDimension']}"
    return f"{where}/{outputs['name']}" if outputs.get("name") else where


_SERVICE = {"Principal": {"Service": "delivery.logs.amazonaws.com"}}

CASES = [
    Case(
        "aws:s3/bucket:Bucket",
        lambda _: {"forceDestroy": True, "tags": TAGS},
        replace=lambda _: {"bucket": "another-name"},
    ),
    _bucket_setting(
        "BucketVersioning",
        {"versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        stays=True,
    ),
    Case(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda world: {
            "bucket": world.bucket,
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "kmsMasterKeyId": world.key_arn,
                        "sseAlgorithm": "aws:kms",
                    },
                    "bucketKeyEnabled": True,
                }
            ],
        },
        lambda _: {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        lambda world: {"bucket": world.log_bucket},
    ),
    _bucket_setting(
        "BucketPublicAccessBlock",
        {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True},
        {"restrictPublicBuckets": True},
    ),
    _bucket_setting(
        "BucketPolicy",
        {"policy": policy(Principal={"AWS": ACCOUNT})},
        {"policy": policy("s3:PutObject", Principal={"AWS": ACCOUNT})},
    ),
    _bucket_setting(
        "BucketOwnershipControls",
        {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    _bucket_setting(
        "BucketLifecycleConfiguration",
        {
            "rules": [
                {
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    "expiration": {"days": 30},
                    "filter": {"prefix": "tmp/"},
                    "id": "tmp",
                    "noncurrentVersionExpiration": {"noncurrentDays": 3},
                    "status": "Enabled",
                    "transitions": [{"days": 10, "storageClass": "GLACIER"}],
                },
                {"expiration": {"days": 400}, "id": "all", "status": "Enabled"},
            ]
        },
        {"rules": [{"expiration": {"days": 9}, "id": "all", "status": "Disabled"}]},
    ),
    Case(
        "aws:s3/bucketLogging:BucketLogging",
        lambda world: {
            "bucket": world.bucket,
            "targetBucket": world.log_bucket,
            "targetPrefix": "access/",
        },
        lambda _: {"targetPrefix": "other/"},
        lambda world: {"bucket": world.log_bucket},
    ),
    Case(
        "aws:s3/bucketNotification:BucketNotification",
        lambda world: {
            "bucket": world.bucket,
            "queues": [
                {
                    "events": ["s3:ObjectCreated:*"],
                    "filterPrefix": "in/",
                    "queueArn": world.queue_arn,
                }
            ],
        },
        lambda _: {"eventbridge": True},
        lambda world: {"bucket": world.log_bucket},
    ),
    Case(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        lambda world: {
            "bucket": world.bucket,
            "bucketKeyEnabled": True,
            "contentType": "text/plain",
            "key": "some/object.txt",
            "kmsKeyId": world.key_arn,
            "metadata": {"a": "b"},
            "serverSideEncryption": "aws:kms",
            "source": _asset("one"),
            "tags": TAGS,
        },
        lambda _: {"source": _asset("two"), "tags": {"owner": "x"}},
        lambda _: {"key": "another/object.txt"},
        import_id=lambda outputs, _: f"{outputs['bucket']}/{outputs['key']}",
    ),
    Case(
        "aws:kms/key:Key",
        lambda _: {
            "deletionWindowInDays": 7,
            "description": "data",
            "enableKeyRotation": True,
            "policy": policy("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
            "rotationPeriodInDays": 180,
            "tags": TAGS,
        },
        lambda _: {"description": "other", "enableKeyRotation": False, "tags": {}},
        lambda _: {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"},
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda world: {"targetKeyId": world.key_arn},
        lambda world: {"targetKeyId": world.other_key_arn},
        lambda _: {"name": "alias/another"},
    ),
    Case(
        "aws:iam/role:Role",
        lambda _: {
            "assumeRolePolicy": trust(),
            "description": "for tests",
            "maxSessionDuration": 7200,
            "tags": TAGS,
        },
        lambda _: {"assumeRolePolicy": trust("glue.amazonaws.com"), "description": "other"},
        lambda _: {"path": "/ml/"},
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda world: {"policy": policy(), "role": world.role_name},
        lambda _: {"policy": policy("s3:PutObject")},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda _: {"description": "d", "policy": policy(), "tags": TAGS},
        lambda _: {"policy": policy("s3:PutObject")},
        lambda _: {"description": "other"},
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda world: {"policyArn": world.managed_policy_arn, "role": world.role_name},
        lambda _: {},
        lambda _: {"role": "another"},
    ),
    Case(
        "aws:ec2/vpc:Vpc",
        lambda _: {"cidrBlock": "10.8.0.0/16", "enableDnsHostnames": True, "tags": TAGS},
        lambda _: {"enableDnsHostnames": False},
        lambda _: {"cidrBlock": "10.9.0.0/16"},
    ),
    Case(
        "aws:ec2/subnet:Subnet",
        lambda world: {
            "availabilityZone": "us-east-1a",
            "cidrBlock": "10.7.100.0/24",
            "tags": TAGS,
            "vpcId": world.vpc_id,
        },
        lambda _: {"mapPublicIpOnLaunch": True},
        lambda _: {"availabilityZone": "us-east-1b"},
    ),
    Case(
        "aws:ec2/routeTable:RouteTable",
        lambda world: {"tags": TAGS, "vpcId": world.vpc_id},
        replace=lambda _: {"vpcId": "vpc-0"},
    ),
    Case(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda world: {
            "routeTableId": world.route_table_ids[0],
            "subnetId": world.subnet_ids[0],
        },
        lambda world: {"routeTableId": world.route_table_ids[1]},
        lambda world: {"subnetId": world.subnet_ids[1]},
        import_id=lambda outputs, _: f"{outputs['subnetId']}/{outputs['routeTableId']}",
    ),
    Case(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        lambda world: {
            "privateDnsEnabled": True,
            "securityGroupIds": [world.group_ids[0]],
            "serviceName": "com.amazonaws.us-east-1.logs",
            "subnetIds": world.subnet_ids,
            "tags": TAGS,
            "vpcEndpointType": "Interface",
            "vpcId": world.vpc_id,
        },
        lambda world: {"securityGroupIds": world.group_ids},
        lambda _: {"serviceName": "com.amazonaws.us-east-1.kms"},
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda world: {
            "description": "jobs",
            "ingress": [
                {"cidrBlocks": ["10.0.0.0/8"], "fromPort": 443, "protocol": "tcp", "toPort": 443}
            ],
            "tags": TAGS,
            "vpcId": world.vpc_id,
        },
        lambda _: {
            "ingress": [
                {"cidrBlocks": ["10.0.0.0/9"], "fromPort": 80, "protocol": "tcp", "toPort": 80}
            ]
        },
        lambda _: {"description": "other"},
    ),
    Case(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        lambda world: {"tags": TAGS, "vpcId": world.vpc_id},
        replace=lambda _: {"vpcId": "vpc-0"},
        stays=True,
    ),
    Case(
        "aws:ec2/flowLog:FlowLog",
        lambda world: {
            "iamRoleArn": world.role_arn,
            "logDestination": world.log_group_arn,
            "tags": TAGS,
            "trafficType": "ALL",
            "vpcId": world.vpc_id,
        },
        replace=lambda _: {"trafficType": "REJECT"},
    ),
    Case(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        _rule,
        lambda _: {"cidrIpv4": "10.1.0.0/16"},
        lambda world: {"securityGroupId": world.group_ids[1]},
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        _rule,
        lambda _: {"description": "outside"},
        lambda world: {"securityGroupId": world.group_ids[1]},
    ),
    Case(
        "aws:glue/catalogDatabase:CatalogDatabase",
        lambda world: {
            "description": "d",
            "locationUri": f"s3://{world.bucket}/db/",
            "parameters": {"a": "b"},
            "tags": TAGS,
        },
        lambda _: {"description": "other"},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:glue/catalogTable:CatalogTable",
        _table,
        lambda _: {"description": "other", "parameters": {"classification": "parquet"}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:glue/crawler:Crawler",
        lambda world: {
            "configuration": json.dumps({"Version": 1.0}),
            "databaseName": world.database,
            "recrawlPolicy": {"recrawlBehavior": "CRAWL_EVERYTHING"},
            "role": world.role_arn,
            "s3Targets": [{"path": f"s3://{world.bucket}/raw/"}],
            "schedule": "cron(0 3 * * ? *)",
            "schemaChangePolicy": {"deleteBehavior": "LOG", "updateBehavior": "LOG"},
            "tags": TAGS,
        },
        lambda _: {"description": "changed"},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:glue/securityConfiguration:SecurityConfiguration",
        lambda world: {
            "encryptionConfiguration": {
                "cloudwatchEncryption": {
                    "cloudwatchEncryptionMode": "SSE-KMS",
                    "kmsKeyArn": world.key_arn,
                },
                "jobBookmarksEncryption": {
                    "jobBookmarksEncryptionMode": "CSE-KMS",
                    "kmsKeyArn": world.key_arn,
                },
                "s3Encryption": {"kmsKeyArn": world.key_arn, "s3EncryptionMode": "SSE-KMS"},
            }
        },
        lambda _: {},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",
        lambda world: {
            "dataCatalogEncryptionSettings": {
                "connectionPasswordEncryption": {
                    "awsKmsKeyId": world.key_arn,
                    "returnConnectionPasswordEncrypted": True,
                },
                "encryptionAtRest": {
                    "catalogEncryptionMode": "SSE-KMS",
                    "sseAwsKmsKeyId": world.key_arn,
                },
            }
        },
        lambda _: {
            "dataCatalogEncryptionSettings": {
                "connectionPasswordEncryption": {"returnConnectionPasswordEncrypted": False},
                "encryptionAtRest": {"catalogEncryptionMode": "DISABLED"},
            }
        },
        lambda _: {"catalogId": "210987654321"},
        stays=True,
    ),
    Case(
        "aws:glue/job:Job",
        _job,
        lambda _: {"defaultArguments": {"--a": "c"}, "numberOfWorkers": 3, "tags": {"owner": "x"}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:glue/trigger:Trigger",
        lambda _: {
            "actions": [{"jobName": "plugin-case", "arguments": {"--a": "b"}, "timeout": 5}],
            "description": "nightly",
            "schedule": "cron(0 3 * * ? *)",
            "tags": TAGS,
            "type": "SCHEDULED",
        },
        lambda _: {"enabled": False, "schedule": "cron(0 4 * * ? *)"},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:glue/connection:Connection",
        lambda world: {
            "connectionType": "NETWORK",
            "physicalConnectionRequirements": {
                "availabilityZone": "us-east-1a",
                "securityGroupIdLists": world.group_ids[:2],
                "subnetId": world.subnet_ids[0],
            },
            "tags": TAGS,
        },
        lambda world: {
            "description": "where jobs run",
            "physicalConnectionRequirements": {
                "availabilityZone": "us-east-1a",
                "securityGroupIdLists": world.group_ids[:1],
                "subnetId": world.subnet_ids[0],
            },
        },
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:athena/workgroup:Workgroup",
        lambda world: {
            "configuration": {
                "enforceWorkgroupConfiguration": True,
                "resultConfiguration": {
                    "encryptionConfiguration": {
                        "encryptionOption": "SSE_KMS",
                        "kmsKeyArn": world.key_arn,
                    },
                    "outputLocation": f"s3://{world.bucket}/athena/",
                },
            },
            "description": "d",
            "forceDestroy": True,
            "tags": TAGS,
        },
        lambda world: {
            "configuration": {
                "resultConfiguration": {"outputLocation": f"s3://{world.bucket}/other/"},
            }
        },
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:sagemaker/trainingJob:TrainingJob",
        _training,
        replace=lambda _: {"trainingJobName": "another"},
    ),
    Case(
        "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob",
        _tuning,
        replace=lambda _: {"name": "another"},
    ),
    Case(
        "aws:sagemaker/model:Model",
        lambda world: {
            "enableNetworkIsolation": True,
            "executionRoleArn": world.role_arn,
            "primaryContainer": {
                "environment": {"MODEL_SHA256": "0" * 64},
                "image": IMAGE,
                "modelDataUrl": world.model_data,
            },
            "tags": TAGS,
            "vpcConfig": {"securityGroupIds": world.group_ids, "subnets": world.subnet_ids},
        },
        replace=lambda _: {"enableNetworkIsolation": False},
    ),
    Case(
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        _endpoint_config,
        replace=lambda world: _endpoint_config(world, instanceType="ml.m5.large"),
    ),
    Case(
        "aws:sagemaker/endpoint:Endpoint",
        lambda world: {"endpointConfigName": world.endpoint_configs[0], "tags": TAGS},
        lambda world: {"endpointConfigName": world.endpoint_configs[1]},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        lambda _: {
            "modelPackageGroupDescription": "d",
            "modelPackageGroupName": "plugin-case",
            "tags": TAGS,
        },
        replace=lambda _: {"modelPackageGroupDescription": "other"},
    ),
    Case(
        "aws:appautoscaling/target:Target",
        lambda world: {
            **_scaling(world.unscaled),
            "maxCapacity": 3,
            "minCapacity": 1,
            "tags": TAGS,
        },
        lambda _: {"maxCapacity": 4},
        lambda _: {"resourceId": "endpoint/another/variant/AllTraffic"},
        import_id=_scaling_import,
    ),
    Case(
        "aws:appautoscaling/policy:Policy",
        _scaling_policy,
        lambda world: {
            "targetTrackingScalingPolicyConfiguration": {
                **_scaling_policy(world)["targetTrackingScalingPolicyConfiguration"],
                "targetValue": 50,
            }
        },
        lambda _: {"name": "another"},
        import_id=_scaling_import,
    ),
    Case(
        "aws:appautoscaling/scheduledAction:ScheduledAction",
        lambda world: {
            **_scaling(world.scalable),
            "scalableTargetAction": {"maxCapacity": "2", "minCapacity": "1"},
            "schedule": "cron(0 20 * * ? *)",
            "timezone": "Europe/Berlin",
        },
        lambda _: {"schedule": "cron(0 21 * * ? *)"},
        lambda _: {"name": "another"},
        import_id=_scaling_import,
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda world: {"kmsKeyId": world.key_arn, "retentionInDays": 30, "tags": TAGS},
        lambda _: {"retentionInDays": 90, "tags": {"owner": "x"}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        lambda _: {
            "policyDocument": policy("logs:PutLogEvents", **_SERVICE),
            "policyName": "plugin-case",
        },
        lambda _: {"policyDocument": policy("logs:CreateLogStream", **_SERVICE)},
        lambda _: {"policyName": "another"},
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        _alarm,
        lambda _: {"threshold": 5.5, "tags": {"owner": "x"}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        lambda world: {
            "alarmActions": [world.topic_arn],
            "alarmDescription": "any",
            "alarmName": "plugin-case",
            "alarmRule": f'ALARM("{world.alarm_name}")',
            "tags": TAGS,
        },
        lambda world: {"alarmRule": f'OK("{world.alarm_name}")'},
        lambda _: {"actionsEnabled": False},
    ),
    Case(
        "aws:cloudwatch/dashboard:Dashboard",
        lambda _: {"dashboardBody": json.dumps({"widgets": []}), "dashboardName": "plugin-case"},
        lambda _: {
            "dashboardBody": json.dumps(
                {"widgets": [{"type": "text", "properties": {"markdown": "x"}}]}
            )
        },
        lambda _: {"dashboardName": "another"},
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda world: {"displayName": "alerts", "kmsMasterKeyId": world.key_arn, "tags": TAGS},
        lambda _: {"displayName": "other", "tags": {"owner": "x"}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda world: {
            "arn": world.topic_arn,
            "policy": policy("sns:Publish", Principal={"Service": "budgets.amazonaws.com"}),
        },
        lambda _: {"policy": policy("sns:Publish", Principal={"Service": "s3.amazonaws.com"})},
        lambda _: {"arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:another"},
        stays=True,
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda world: {
            "endpoint": world.queue_arn,
            "filterPolicy": json.dumps({"kind": ["alarm"]}),
            "protocol": "sqs",
            "topic": world.topic_arn,
        },
        lambda _: {"rawMessageDelivery": True},
        lambda _: {"endpoint": "a@example.org", "protocol": "email"},
    ),
    Case(
        "aws:budgets/budget:Budget",
        _budget,
        lambda world: {
            "limitAmount": "200",
            "notifications": _budget(world)["notifications"][:1],
            "tags": {"owner": "x"},
        },
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:savingsplans/savingsPlan:SavingsPlan",
        lambda _: {
            "commitment": "0.5000",
            "purchaseTime": "2099-01-01T00:00:00Z",
            "savingsPlanOfferingId": "01234567-89ab-4cde-8fff-0123456789ab",
            "tags": TAGS,
        },
        replace=lambda _: {"commitment": "0.7500"},
    ),
    Case(
        "aws:cloudtrail/trail:Trail",
        lambda world: {
            "enableLogFileValidation": True,
            "eventSelectors": [
                {
                    "dataResources": [
                        {"type": "AWS::S3::Object", "values": [f"arn:aws:s3:::{world.bucket}/"]}
                    ],
                    "includeManagementEvents": True,
                    "readWriteType": "All",
                }
            ],
            "isMultiRegionTrail": True,
            "s3BucketName": world.log_bucket,
            "tags": TAGS,
        },
        lambda _: {"includeGlobalServiceEvents": True, "isMultiRegionTrail": False},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:guardduty/detector:Detector",
        lambda world: {
            "enable": world.without_detector(),
            "findingPublishingFrequency": "ONE_HOUR",
            "tags": TAGS,
        },
        lambda _: {"findingPublishingFrequency": "FIFTEEN_MINUTES", "tags": {"owner": "x"}},
        lambda _: {"region": "sa-east-1"},
    ),
    Case(
        "aws:guardduty/detectorFeature:DetectorFeature",
        lambda world: {
            "detectorId": world.detector(),
            "name": "S3_DATA_EVENTS",
            "status": "ENABLED",
        },
        lambda _: {"status": "DISABLED"},
        lambda _: {"name": "LAMBDA_NETWORK_LOGS"},
        stays=True,
    ),
    Case(
        "aws:cfg/recorder:Recorder",
        lambda world: {
            "name": "case",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
            "roleArn": world.without_recorder(),
        },
        lambda _: {"recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": False}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:cfg/deliveryChannel:DeliveryChannel",
        lambda world: {
            "name": world.recorder(),
            "s3BucketName": world.log_bucket,
            "snapshotDeliveryProperties": {"deliveryFrequency": "TwentyFour_Hours"},
        },
        lambda _: {"snapshotDeliveryProperties": {"deliveryFrequency": "One_Hour"}},
        lambda _: {"name": "another"},
    ),
    Case(
        "aws:cfg/recorderStatus:RecorderStatus",
        lambda world: {
            "name": world.recorder_with_channel(),
            "isEnabled": True,
        },
        lambda _: {"isEnabled": False},
        lambda _: {"name": "another"},
        stays=True,
    ),
    Case(
        "aws:cfg/rule:Rule",
        lambda _: {
            "name": "case",
            "description": "TLS only",
            "source": {"owner": "AWS", "sourceIdentifier": "S3_BUCKET_SSL_REQUESTS_ONLY"},
            "tags": TAGS,
        },
        lambda _: {"description": "another", "tags": {"owner": "x"}},
        lambda _: {"name": "another"},
    ),
]
