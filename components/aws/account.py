"""What exists once per account: catalogue encryption, shared log groups, detector, recorder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import pulumi
import pulumi_aws as aws

from components.aws.buckets import (
    BucketPlan,
    access_logs_arrive,
    bucket_policy,
    locked_bucket,
)
from components.aws.policies import allow, document, trust
from components.naming import Sensitivity
from components.tags import with_sensitivity

# https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
RULES: Final = (
    "CLOUDTRAIL_S3_DATAEVENTS_ENABLED",
    "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
    "CLOUD_TRAIL_ENCRYPTION_ENABLED",
    "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
    "CMK_BACKING_KEY_ROTATION_ENABLED",
    "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
    "IAM_ROOT_ACCESS_KEY_CHECK",
    "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
    "ROOT_ACCOUNT_MFA_ENABLED",
    "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
    "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED",
    "S3_BUCKET_SSL_REQUESTS_ONLY",
    "S3_BUCKET_VERSIONING_ENABLED",
    "SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED",
    "SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED",
    "SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS",
)
_RECORDER_POLICY: Final = "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"


@dataclass(frozen=True, kw_only=True)
class AccountArgs:
    """What of the account is switched on."""

    account_id: str
    key_ids: Mapping[Sensitivity, pulumi.Input[str]]
    """Of data and operations."""
    has_detector: bool
    has_recorder: bool
    log_days: int
    noncurrent_days: int = 30
    tags: Mapping[str, str]
    protect: bool = False


class Account(pulumi.ComponentResource):
    """The account's own settings, for one stack of each account.

    The Glue catalogue is encrypted, and the log group that all training jobs share has key and
    retention. The detector (GuardDuty) looks at what S3's objects are read and written by, too.
    The recorder (AWS Config) writes each change of any resource to a bucket of its own, and rules
    of AWS look at the kinds that a platform is made of. Findings are in both services' consoles
    and events; nobody is told by mail here.
    """

    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of each log group, by what writes it."""
    detector_id: pulumi.Output[str] | None
    recorder_name: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Account", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        self._encrypt_catalogue(name)
        self.log_groups = {"training": self._log_group(name)}
        self.detector_id = self._detector(name) if args.has_detector else None
        self.recorder_name = self._recorder(name) if args.has_recorder else None
        self.register_outputs(
            {
                "log_groups": dict(self.log_groups),
                "detector_id": self.detector_id,
                "recorder_name": self.recorder_name,
            }
        )

    def _encrypt_catalogue(self, name: str) -> None:
        key = self._args.key_ids[Sensitivity.DATA]
        aws.glue.DataCatalogEncryptionSettings(
            name,
            data_catalog_encryption_settings={
                "connection_password_encryption": {
                    "aws_kms_key_id": key,
                    "return_connection_password_encrypted": True,
                },
                "encryption_at_rest": {
                    "catalog_encryption_mode": "SSE-KMS",
                    "sse_aws_kms_key_id": key,
                },
            },
            opts=self._child,
        )

    def _log_group(self, name: str) -> pulumi.Output[str]:
        return aws.cloudwatch.LogGroup(
            f"{name}-training",
            name="/aws/sagemaker/TrainingJobs",
            kms_key_id=self._args.key_ids[Sensitivity.OPERATIONS],
            retention_in_days=self._args.log_days,
            tags=self._tags,
            opts=self._child,
        ).name

    def _detector(self, name: str) -> pulumi.Output[str]:
        detector = aws.guardduty.Detector(
            name,
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            tags=self._tags,
            opts=self._child,
        )
        aws.guardduty.DetectorFeature(
            f"{name}-objects",
            detector_id=detector.id,
            name="S3_DATA_EVENTS",
            status="ENABLED",
            opts=self._child,
        )
        return detector.id

    def _recorder(self, name: str) -> pulumi.Output[str]:
        key = self._args.key_ids[Sensitivity.OPERATIONS]
        bucket = self._record_bucket(name, key)
        recorder = aws.cfg.Recorder(
            name,
            name=name,
            role_arn=self._recorder_role(name, bucket, key),
            recording_group={"all_supported": True, "include_global_resource_types": True},
            opts=self._child,
        )
        channel = aws.cfg.DeliveryChannel(
            name,
            name=name,
            s3_bucket_name=bucket.bucket,
            s3_kms_key_arn=key,
            snapshot_delivery_properties={"delivery_frequency": "TwentyFour_Hours"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[recorder]),
        )
        recording = aws.cfg.RecorderStatus(
            name,
            name=recorder.name,
            is_enabled=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[channel]),
        )
        for rule in RULES:
            words = rule.lower().replace("_", "-")
            aws.cfg.Rule(
                f"{name}-{words}",
                name=f"{name}-{words}",
                source={"owner": "AWS", "source_identifier": rule},
                tags=self._tags,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[recording]),
            )
        return recorder.name

    def _record_bucket(self, name: str, key: pulumi.Input[str]) -> aws.s3.Bucket:
        args = self._args
        plan = BucketPlan(
            key_id=key,
            retention_days=args.log_days,
            noncurrent_days=args.noncurrent_days,
            tags=self._tags,
            protect=args.protect,
        )
        logs = locked_bucket(f"{name}-record-logs", replace(plan, key_id=None), self)
        accepts = bucket_policy(
            f"{name}-record-logs", logs, [access_logs_arrive(logs, args.account_id)], self
        )
        bucket = locked_bucket(f"{name}-records", plan, self)
        bucket_policy(f"{name}-records", bucket, [], self)
        aws.s3.BucketLogging(
            f"{name}-records",
            bucket=bucket.bucket,
            target_bucket=logs.bucket,
            target_prefix="access/records/",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[accepts]),
        )
        return bucket

    def _recorder_role(
        self, name: str, bucket: aws.s3.Bucket, key: pulumi.Input[str]
    ) -> pulumi.Output[str]:
        account = self._args.account_id
        role = aws.iam.Role(
            f"{name}-recorder",
            assume_role_policy=trust("config.amazonaws.com", account_id=account),
            tags=self._tags,
            opts=self._child,
        )
        # AWS's own, because what can be recorded grows with every service.
        reads = aws.iam.RolePolicyAttachment(
            f"{name}-recorder", role=role.name, policy_arn=_RECORDER_POLICY, opts=self._child
        )
        # https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
        delivers = aws.iam.RolePolicy(
            f"{name}-recorder",
            role=role.name,
            policy=document(
                [
                    allow(
                        "Deliver",
                        ["s3:PutObject"],
                        [pulumi.Output.concat(bucket.arn, f"/AWSLogs/{account}/Config/*")],
                    ),
                    allow("CheckTheBucket", ["s3:GetBucketAcl"], [bucket.arn]),
                    allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [key]),
                ]
            ),
            opts=self._child,
        )
        # Known only with its rights: the channel is tried when it is made.
        return pulumi.Output.all(role.arn, reads.id, delivers.id).apply(lambda known: str(known[0]))
