"""The data lake: raw, processed, artefact and log buckets, and the raw table's file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, document
from components.naming import Sensitivity
from components.packaging import ROOT
from components.runs.sealed_object import SealedObject, SealedObjectArgs
from components.sealing import Seal, stored_name
from components.tags import with_sensitivity


class Zone(StrEnum):
    """The buckets, by what they hold."""

    RAW = "raw"
    """Tables as they were delivered."""
    PROCESSED = "processed"
    """Prepared tables, query results and captured requests."""
    ARTEFACTS = "artefacts"
    """Code, checkpoints, models."""
    LOGS = "logs"
    """Access logs of the others."""


_SENSITIVITY = {
    Zone.RAW: Sensitivity.DATA,
    Zone.PROCESSED: Sensitivity.DATA,
    Zone.ARTEFACTS: Sensitivity.MODEL,
}


@dataclass(frozen=True, kw_only=True)
class LakeArgs:
    """Keys, retention and the raw data set."""

    account_id: str
    region: str
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    tags: Mapping[str, str]
    retention_days: Mapping[Zone, int]
    noncurrent_days: int = 30
    table: str
    """Name of the raw table: the folder of its file."""
    data_path: Path
    """The raw table's CSV."""
    data_sha256: str
    seal: Seal | None
    """What the raw table is sealed for before it is uploaded; None: it is uploaded as it is."""
    protect: bool = False
    """Refuse to delete buckets; otherwise they are emptied and deleted with the stack."""


class Lake(pulumi.ComponentResource):
    """Four locked buckets.

    All: no public access in any form, TLS only, no ACLs (bucket owner enforced), versioned,
    expiring, unfinished uploads aborted. Raw, processed and artefacts: encrypted with the
    customer's own key (bucket key on) and access logged. Logs: encrypted with S3's key, because
    S3 delivers access logs to no other, and not logged, because it would log itself.
    """

    bucket_names: Mapping[Zone, pulumi.Output[str]]
    raw_table_uri: pulumi.Output[str]
    """URI of the folder that holds the raw table's file, once the file is there."""

    def __init__(
        self, name: str, args: LakeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Lake", name, None, opts)
        self._args = args
        logs = self._bucket(f"{name}-{Zone.LOGS}", Zone.LOGS)
        accepts = self._policy(f"{name}-{Zone.LOGS}", logs, [self._access_logs_arrive(logs)])
        buckets = {Zone.LOGS: logs}
        for zone in _SENSITIVITY:
            buckets[zone] = self._bucket(f"{name}-{zone}", zone)
            self._policy(f"{name}-{zone}", buckets[zone], [])
            aws.s3.BucketLogging(
                f"{name}-{zone}",
                bucket=buckets[zone].bucket,
                target_bucket=logs.bucket,
                target_prefix=f"access/{zone}/",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[accepts]),
            )
        self.bucket_names = {zone: bucket.bucket for zone, bucket in buckets.items()}
        self.raw_table_uri = self._raw_data(name, buckets[Zone.RAW])
        self.register_outputs(
            {
                "bucket_names": {str(zone): bucket for zone, bucket in self.bucket_names.items()},
                "raw_table_uri": self.raw_table_uri,
            }
        )

    def _bucket(self, name: str, zone: Zone) -> aws.s3.Bucket:
        args = self._args
        sensitivity = _SENSITIVITY.get(zone, Sensitivity.OPERATIONS)
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not args.protect,
            tags=with_sensitivity(args.tags, sensitivity),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        settings = pulumi.ResourceOptions(parent=self)
        self._lock(name, bucket, settings)
        self._encrypt(name, bucket, _SENSITIVITY.get(zone), settings)
        self._expire(name, bucket, zone, settings)
        return bucket

    def _lock(self, name: str, bucket: aws.s3.Bucket, settings: pulumi.ResourceOptions) -> None:
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
        self,
        name: str,
        bucket: aws.s3.Bucket,
        sensitivity: Sensitivity | None,
        settings: pulumi.ResourceOptions,
    ) -> None:
        own_key = None if sensitivity is None else self._args.key_ids[sensitivity]
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "AES256" if own_key is None else "aws:kms",
                        "kms_master_key_id": own_key,
                    },
                    # One data key per bucket and hour instead of one per object: fewer KMS calls.
                    "bucket_key_enabled": own_key is not None,
                }
            ],
            opts=settings,
        )

    def _expire(
        self, name: str, bucket: aws.s3.Bucket, zone: Zone, settings: pulumi.ResourceOptions
    ) -> None:
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "retention",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": self._args.retention_days[zone]},
                    "noncurrent_version_expiration": {
                        "noncurrent_days": self._args.noncurrent_days
                    },
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            opts=settings,
        )

    def _policy(
        self, name: str, bucket: aws.s3.Bucket, statements: Sequence[Statement]
    ) -> aws.s3.BucketPolicy:
        return aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=document([_only_tls(bucket), *statements]),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _access_logs_arrive(self, bucket: aws.s3.Bucket) -> Statement:
        return {
            "Sid": "AccessLogsArrive",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": pulumi.Output.concat(bucket.arn, "/access/*"),
            "Condition": {"StringEquals": {"aws:SourceAccount": self._args.account_id}},
        }

    def _raw_data(self, name: str, bucket: aws.s3.Bucket) -> pulumi.Output[str]:
        args = self._args
        path = args.data_path
        source = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        if args.seal is not None:
            return self._sealed_data(name, bucket, str(source), args.seal)
        file = aws.s3.BucketObjectv2(
            f"{name}-{args.table}",
            bucket=bucket.bucket,
            key=f"{args.table}/{path.name}",
            source=pulumi.FileAsset(str(source)),
            content_type="text/csv",
            server_side_encryption="aws:kms",
            kms_key_id=args.key_ids[Sensitivity.DATA],
            tags=with_sensitivity(args.tags, Sensitivity.DATA),
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Through the object's key, so that whoever reads the folder waits for the file.
        return pulumi.Output.all(bucket.bucket, file.key).apply(
            lambda names: f"s3://{names[0]}/{str(names[1]).rsplit('/', 1)[0]}/"
        )

    def _sealed_data(
        self, name: str, bucket: aws.s3.Bucket, source: str, seal: Seal
    ) -> pulumi.Output[str]:
        args = self._args
        sealed = SealedObject(
            f"{name}-{args.table}",
            SealedObjectArgs(
                uri=pulumi.Output.concat(
                    "s3://",
                    bucket.bucket,
                    f"/{args.table}/{stored_name(args.data_path.name, seal)}",
                ),
                source=source,
                sha256=args.data_sha256,
                key_id=args.key_ids[Sensitivity.SEALED],
                context=seal.context,
                region=args.region,
                storage_key_id=args.key_ids[Sensitivity.DATA],
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return sealed.stored_uri.apply(lambda uri: f"{uri.rsplit('/', 1)[0]}/")


def _only_tls(bucket: aws.s3.Bucket) -> Statement:
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
