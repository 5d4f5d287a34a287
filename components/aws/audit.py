"""The audit trail: who read or changed which object of the lake, and who administered what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, allow, document, trust
from components.naming import Sensitivity
from components.tags import with_sensitivity

_PREFIX: Final = "trail"
_SERVICE: Final = "cloudtrail.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class AuditArgs:
    """Whose objects are watched, and where the record goes."""

    account_id: str
    bucket_names: Sequence[pulumi.Input[str]]
    """Of the lake; the log bucket is none of them, since the trail's own files would make more."""
    log_bucket: pulumi.Input[str]
    """Once :func:`trail_arrives` is in its policy."""
    key_id: pulumi.Input[str]
    log_days: int
    tags: Mapping[str, str]


class Audit(pulumi.ComponentResource):
    """A trail of all regions, encrypted, each file signed by the next one's digest.

    It writes to the stack's log bucket, where it stays, and to a log group, where alarms and
    people look. Reads and writes of objects are recorded for the lake's buckets only: they are
    paid by the event.
    """

    trail_arn: pulumi.Output[str]
    log_group: pulumi.Output[str]

    def __init__(
        self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Audit", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        group = aws.cloudwatch.LogGroup(
            f"{name}-trail",
            name=f"/aws/cloudtrail/{name}",
            kms_key_id=args.key_id,
            retention_in_days=args.log_days,
            tags=tags,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-trail",
            assume_role_policy=trust(_SERVICE, account_id=args.account_id),
            tags=tags,
            opts=child,
        )
        streams = pulumi.Output.concat(group.arn, ":log-stream:", args.account_id, "_CloudTrail_*")
        policy = aws.iam.RolePolicy(
            f"{name}-trail",
            role=role.name,
            policy=document(
                [allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])]
            ),
            opts=child,
        )
        trail = aws.cloudtrail.Trail(
            name,
            name=name,
            s3_bucket_name=args.log_bucket,
            s3_key_prefix=_PREFIX,
            kms_key_id=args.key_id,
            enable_log_file_validation=True,
            enable_logging=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"),
            cloud_watch_logs_role_arn=role.arn,
            event_selectors=[
                {
                    "read_write_type": "All",
                    "include_management_events": True,
                    "data_resources": [
                        {
                            "type": "AWS::S3::Object",
                            "values": [
                                pulumi.Output.concat("arn:aws:s3:::", bucket, "/")
                                for bucket in args.bucket_names
                            ],
                        }
                    ],
                }
            ],
            tags=tags,
            # CloudTrail tries the role when it is given one.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.trail_arn = trail.arn
        self.log_group = group.name
        self.register_outputs({"trail_arn": self.trail_arn, "log_group": self.log_group})


def trail_arn(name: str, *, region: str, account_id: str) -> str:
    """The ARN that a stack's trail will have: key and bucket name it before it exists."""
    return f"arn:aws:cloudtrail:{region}:{account_id}:trail/{name}"


def trail_arrives(bucket: aws.s3.Bucket, trail: str, account_id: str) -> list[Statement]:
    """What the policy of a trail's bucket allows that trail, and no other.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    principal = {"Service": _SERVICE}
    return [
        {
            "Sid": "TrailChecksTheBucket",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket.arn,
            "Condition": {"StringEquals": {"aws:SourceArn": trail}},
        },
        {
            "Sid": "TrailArrives",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:PutObject",
            "Resource": pulumi.Output.concat(bucket.arn, f"/{_PREFIX}/AWSLogs/{account_id}/*"),
            "Condition": {
                "StringEquals": {
                    "aws:SourceArn": trail,
                    "s3:x-amz-acl": "bucket-owner-full-control",
                }
            },
        },
    ]
