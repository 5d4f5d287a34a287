"""Cases of the rules that look at all clouds."""

from policy.settings import Facts, PolicySettings, RetentionLimits
from tests.policy.case import FAIL, PASS, Beside, Case

BUCKET = "aws:s3/bucket:Bucket"
GCS = "gcp:storage/bucket:Bucket"
ACCOUNT = "azure-native:storage/v20230101:StorageAccount"
TAGS = {"owner": "ml", "data-class": "internal", "purpose": "research"}
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
IN_EUROPE = Facts(
    data_class="internal",
    policy=PolicySettings(regions={"internal": ("eu-central-1", "europe-west3", "West Europe")}),
)
MONTH = Facts(policy=PolicySettings(retention=RetentionLimits(objects_days=30, logs_days=60)))
POLICY = {
    "policy": {
        "rules": [
            {
                "definition": {
                    "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}}}
                }
            }
        ]
    }
}

CASES = [
    *(
        Case(
            rule="common/required_tags",
            type=kind,
            good={name: TAGS},
            at=f"{name}.purpose",
            bad=("",),
        )
        for kind, name in ((BUCKET, "tags"), (GCS, "labels"), (ACCOUNT, "tags"))
    ),
    Case(
        rule="common/required_tags",
        type=BUCKET,
        good={"bucketPrefix": "x"},
        at="bucketPrefix",
        missing=PASS,
        unknown=PASS,
        provider={"defaultTags": '{"tags": {"owner": "a", "data-class": "b", "purpose": "c"}}'},
    ),
    *(
        Case(
            rule="common/residency",
            type=kind,
            good={name: good},
            at=name,
            bad=("us-east-1",),
            facts=IN_EUROPE,
        )
        for kind, name, good in (
            (BUCKET, "region", "eu-central-1"),
            (GCS, "location", "EUROPE-WEST3"),
            (ACCOUNT, "location", "westeurope"),
        )
    ),
    Case(
        rule="common/residency",
        type=BUCKET,
        good={"tags": {"data-class": "public"}},
        at="tags.data-class",
        bad=("restricted",),
        missing=FAIL,
    ),
    Case(
        rule="common/objects_expire",
        type=BUCKET,
        good={},
        beside=(
            Beside(
                type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                by="bucket",
                props={"rules": [{"status": "Enabled", "expiration": {"days": 30}}]},
            ),
        ),
        on=0,
        at="rules.0.expiration.days",
        bad=(31,),
        facts=MONTH,
    ),
    Case(
        rule="common/objects_expire",
        type=GCS,
        good={"lifecycleRules": [{"action": {"type": "Delete"}, "condition": {"age": 30}}]},
        at="lifecycleRules.0.condition.age",
        bad=(31,),
        facts=MONTH,
    ),
    Case(
        rule="common/objects_expire",
        type=ACCOUNT,
        good={},
        beside=(
            Beside(type="azure-native:storage:ManagementPolicy", by="accountName", props=POLICY),
        ),
        on=0,
        at="policy.rules.0.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan",
        bad=(31,),
        facts=MONTH,
    ),
    Case(
        rule="common/logs_expire",
        type="aws:cloudwatch/logGroup:LogGroup",
        good={"retentionInDays": 60},
        at="retentionInDays",
        bad=(90, 0),
        facts=MONTH,
    ),
    Case(
        rule="common/logs_expire",
        type="gcp:logging/projectBucketConfig:ProjectBucketConfig",
        good={"retentionDays": 60},
        at="retentionDays",
        bad=(90,),
        missing=PASS,
        facts=MONTH,
    ),
    Case(
        rule="common/no_plain_secrets",
        type="aws:lambda/function:Function",
        # pragma: allowlist nextline secret
        good={"environment": {"variables": {"API_KEY": "arn:aws:secretsmanager:us-east-1:1:x"}}},
        at="environment.variables.API_KEY",
        # pragma: allowlist nextline secret
        bad=("c2VjcmV0LXNlY3JldA", "AKIAIOSFODNN7EXAMPLE", "postgres://app:hunter2@db/x"),
        missing=PASS,
        unknown=PASS,
    ),
    Case(
        rule="common/known_provider",
        type="aws:kms/key:Key",
        good={"enableKeyRotation": True},
        at="enableKeyRotation",
        bad_types=("aws-native:kms:Key", "google-native:storage/v1:Bucket"),
        missing=PASS,
        unknown=PASS,
    ),
    Case(
        rule="common/endpoint_alarms",
        type="aws:sagemaker/endpoint:Endpoint",
        good={"name": "penguins"},
        beside=(Beside(type=ALARM, props={"dimensions": {"EndpointName": "penguins"}}),),
        on=0,
        at="dimensions.EndpointName",
        bad=("another",),
    ),
    Case(
        rule="common/training_time_limit",
        type="aws:sagemaker/trainingJob:TrainingJob",
        good={"stoppingCondition": {"maxRuntimeInSeconds": 3600}},
        at="stoppingCondition.maxRuntimeInSeconds",
        unknown=PASS,
    ),
    Case(
        rule="common/training_time_limit",
        type="azure-native:machinelearningservices:Job",
        good={"properties": {"limits": {"timeout": "PT1H"}}},
        at="properties.limits.timeout",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="common/training_time_limit",
        type="trimaran:gcp:CustomJob",
        good={"spec": {"scheduling": {"timeout": "3600s"}}},
        at="spec.scheduling.timeout",
        bad=("",),
        unknown=PASS,
    ),
]
