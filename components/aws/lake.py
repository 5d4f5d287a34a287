"""The data lake: raw, processed, artefact and log buckets, and the raw table's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.aws.audit import trail_arrives
from components.aws.buckets import BucketPlan, access_logs_arrive, bucket_policy, locked_bucket
from components.aws.policies import Statement
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
    """Access logs of the others, and the trail's files."""


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
    trail_arn: str | None = None
    """Of a trail that writes to the log bucket."""
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
    log_bucket: pulumi.Output[str]
    """Name of the log bucket, once it takes logs."""
    raw_table_uri: pulumi.Output[str]
    """URI of the folder that holds the raw table's file, once the file is there."""

    def __init__(
        self, name: str, args: LakeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Lake", name, None, opts)
        self._args = args
        logs = self._bucket(f"{name}-{Zone.LOGS}", Zone.LOGS)
        accepts = bucket_policy(f"{name}-{Zone.LOGS}", logs, self._logs_arrive(logs), self)
        buckets = {Zone.LOGS: logs}
        for zone in _SENSITIVITY:
            buckets[zone] = self._bucket(f"{name}-{zone}", zone)
            bucket_policy(f"{name}-{zone}", buckets[zone], [], self)
            aws.s3.BucketLogging(
                f"{name}-{zone}",
                bucket=buckets[zone].bucket,
                target_bucket=logs.bucket,
                target_prefix=f"access/{zone}/",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[accepts]),
            )
        self.bucket_names = {zone: bucket.bucket for zone, bucket in buckets.items()}
        # Known only with its policy, so that nothing is delivered before it may.
        self.log_bucket = pulumi.Output.all(logs.bucket, accepts.id).apply(
            lambda known: str(known[0])
        )
        self.raw_table_uri = self._raw_data(name, buckets[Zone.RAW])
        self.register_outputs(
            {
                "bucket_names": {str(zone): bucket for zone, bucket in self.bucket_names.items()},
                "raw_table_uri": self.raw_table_uri,
            }
        )

    def _bucket(self, name: str, zone: Zone) -> aws.s3.Bucket:
        args = self._args
        own = _SENSITIVITY.get(zone)
        plan = BucketPlan(
            key_id=None if own is None else args.key_ids[own],
            retention_days=args.retention_days[zone],
            noncurrent_days=args.noncurrent_days,
            tags=with_sensitivity(args.tags, own or Sensitivity.OPERATIONS),
            protect=args.protect,
        )
        return locked_bucket(name, plan, self)

    def _logs_arrive(self, bucket: aws.s3.Bucket) -> list[Statement]:
        args = self._args
        arriving = [access_logs_arrive(bucket, args.account_id)]
        if args.trail_arn is not None:
            arriving += trail_arrives(bucket, args.trail_arn, args.account_id)
        return arriving

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
