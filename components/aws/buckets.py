"""Buckets that are locked the same way, whatever they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, document


@dataclass(frozen=True, kw_only=True)
class BucketPlan:
    """What one bucket has of its own."""

    key_id: pulumi.Input[str] | None
    """ARN of its key; none for a bucket that takes access logs, which S3 delivers to no other
    key than its own."""
    retention_days: int
    noncurrent_days: int
    tags: Mapping[str, str]
    protect: bool = False
    """Refuse to delete it; otherwise it is emptied and deleted with the stack."""


def locked_bucket(name: str, plan: BucketPlan, parent: pulumi.Resource) -> aws.s3.Bucket:
    """No public access in any form, no ACLs, versioned, encrypted, expiring."""
    bucket = aws.s3.Bucket(
        name,
        force_destroy=not plan.protect,
        tags=dict(plan.tags),
        opts=pulumi.ResourceOptions(parent=parent, protect=plan.protect),
    )
    settings = pulumi.ResourceOptions(parent=parent)
    _lock(name, bucket, settings)
    _encrypt(name, bucket, plan, settings)
    _expire(name, bucket, plan, settings)
    return bucket


def bucket_policy(
    name: str,
    bucket: aws.s3.Bucket,
    statements: Sequence[Statement],
    parent: pulumi.Resource,
) -> aws.s3.BucketPolicy:
    """TLS only, and what the statements allow."""
    return aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=document([_only_tls(bucket), *statements]),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def access_logs_arrive(bucket: aws.s3.Bucket, account_id: str) -> Statement:
    """S3 writes access logs below `access/`."""
    return {
        "Sid": "AccessLogsArrive",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": pulumi.Output.concat(bucket.arn, "/access/*"),
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }


def _lock(name: str, bucket: aws.s3.Bucket, settings: pulumi.ResourceOptions) -> None:
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=settings,
    )
    aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=settings,
    )
    aws.s3.BucketVersioning(
        name,
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        opts=settings,
    )


def _encrypt(
    name: str, bucket: aws.s3.Bucket, plan: BucketPlan, settings: pulumi.ResourceOptions
) -> None:
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "AES256" if plan.key_id is None else "aws:kms",
                    "kms_master_key_id": plan.key_id,
                },
                # One data key per bucket and hour instead of one per object: fewer KMS calls.
                "bucket_key_enabled": plan.key_id is not None,
            }
        ],
        opts=settings,
    )


def _expire(
    name: str, bucket: aws.s3.Bucket, plan: BucketPlan, settings: pulumi.ResourceOptions
) -> None:
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            {
                "id": "retention",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": plan.retention_days},
                "noncurrent_version_expiration": {"noncurrent_days": plan.noncurrent_days},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            }
        ],
        opts=settings,
    )


def _only_tls(bucket: aws.s3.Bucket) -> Statement:
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
