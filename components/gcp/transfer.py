"""The raw table from S3: an AWS role that Google's agent assumes, a transfer job, its run."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.aws.policies import allow, document
from components.gcp.runs.transfer_run import TransferRun, TransferRunArgs
from components.naming import content_hash

_GOOGLE: Final = "accounts.google.com"
_DAY: Final = "86400s"
# https://cloud.google.com/storage-transfer/docs/access-cloud-storage#permissions_for_sink_buckets
_SINK_ROLES: Final = ("roles/storage.legacyBucketWriter", "roles/storage.objectViewer")


@dataclass(frozen=True, kw_only=True)
class TransferArgs:
    """From where, to where, and when."""

    project_id: str
    table: str
    """Name of the raw table: the folder of its file in both clouds."""
    file_name: str
    data_sha256: str
    source_bucket: pulumi.Input[str]
    source_table_uri: pulumi.Input[str]
    """``s3://…/`` of the raw table's folder, once the file is there."""
    source_key_id: pulumi.Input[str]
    """ARN of the KMS key that the source is encrypted with."""
    sink_bucket: pulumi.Input[str]
    agent_member: pulumi.Input[str]
    agent_subject_id: pulumi.Input[str]
    date: dt.date
    daily: bool
    tags: Mapping[str, str]


class Transfer(pulumi.ComponentResource):
    """Storage Transfer Service copies the table's folder, in `up` and, if wished, every day.

    There is no key that lives long: the AWS role trusts the one number of this project's transfer
    agent, and can read this one folder and decrypt with its one key. The service checks every
    object's checksum on both ends.
    """

    raw_table_uri: pulumi.Output[str]
    """URI of the table's folder in the sink, once its file is there."""
    role_arn: pulumi.Output[str]
    job_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: TransferArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Transfer", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.role_arn = self._role(f"{name}-transfer")
        job = self._job(f"{name}-transfer")
        run = self._run(f"{name}-transfer", job)
        self.job_name = job.name
        self.raw_table_uri = run.transferred_uri.apply(lambda uri: uri.rsplit("/", 1)[0] + "/")
        self.register_outputs(
            {
                "raw_table_uri": self.raw_table_uri,
                "role_arn": self.role_arn,
                "job_name": self.job_name,
            }
        )

    def _role(self, name: str) -> pulumi.Output[str]:
        args = self._args
        trust = {
            "Sid": "TransferAgentAssumes",
            "Effect": "Allow",
            "Principal": {"Federated": _GOOGLE},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{_GOOGLE}:sub": args.agent_subject_id}},
        }
        role = aws.iam.Role(
            name, assume_role_policy=document([trust]), tags=args.tags, opts=self._child
        )
        bucket = pulumi.Output.concat("arn:aws:s3:::", args.source_bucket)
        folder = pulumi.Output.concat(bucket, f"/{args.table}/*")
        policy = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=document(
                [
                    allow("ListTable", ["s3:ListBucket", "s3:GetBucketLocation"], [bucket]),
                    allow("ReadTable", ["s3:GetObject"], [folder]),
                    allow("Decrypt", ["kms:Decrypt"], [args.source_key_id]),
                ]
            ),
            opts=self._child,
        )
        # Known only with its policy, so that no transfer starts too early.
        return pulumi.Output.all(role.arn, policy.id).apply(lambda known: str(known[0]))

    def _job(self, name: str) -> gcp.storage.TransferJob:
        args = self._args
        grants = [
            gcp.storage.BucketIAMMember(
                f"{name}-{role.rsplit('.', 1)[-1].lower()}",
                bucket=args.sink_bucket,
                role=role,
                member=args.agent_member,
                opts=self._child,
            )
            for role in _SINK_ROLES
        ]
        folder = f"{args.table}/"
        return gcp.storage.TransferJob(
            name,
            project=args.project_id,
            description=f"{name}: {args.table} from S3",
            status="ENABLED",
            schedule=self._schedule(),
            transfer_spec={
                "aws_s3_data_source": {
                    "bucket_name": args.source_bucket,
                    "path": folder,
                    "role_arn": self.role_arn,
                },
                "gcs_data_sink": {"bucket_name": args.sink_bucket, "path": folder},
                "transfer_options": {"overwrite_when": "DIFFERENT"},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants),
        )

    def _schedule(self) -> Any:
        args = self._args
        day = {"year": args.date.year, "month": args.date.month, "day": args.date.day}
        if args.daily:
            return {"schedule_start_date": day, "repeat_interval": _DAY}
        # One and the same day is the service's way to say once.
        return {"schedule_start_date": day, "schedule_end_date": day}

    def _run(self, name: str, job: gcp.storage.TransferJob) -> TransferRun:
        args = self._args
        # Through the table's address, so that the run starts when the file is there.
        sources = pulumi.Output.all(source=args.source_table_uri, sink=args.sink_bucket)
        trigger = sources.apply(lambda known: content_hash({"data": args.data_sha256, **known}))
        return TransferRun(
            name,
            TransferRunArgs(
                project=args.project_id,
                transfer_job_name=job.name,
                trigger=trigger,
                expected_uri=pulumi.Output.concat(
                    "gs://", args.sink_bucket, f"/{args.table}/{args.file_name}"
                ),
            ),
            self._child,
        )
