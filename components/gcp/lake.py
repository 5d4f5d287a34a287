"""The data lake: raw, processed, artefact and log buckets, and the raw table's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.labels import labels_of
from components.naming import Sensitivity
from components.packaging import ROOT
from components.runs.sealed_object import SealedObject, SealedObjectArgs
from components.sealing import Seal, stored_name
from components.tags import with_sensitivity

_DAY: Final = 24 * 60 * 60
# Writes usage logs: https://cloud.google.com/storage/docs/access-logs#delivery
_USAGE_LOGS: Final = "group:cloud-storage-analytics@google.com"


class Zone(StrEnum):
    """The buckets, by what they hold."""

    RAW = "raw"
    """Tables as they were delivered."""
    PROCESSED = "processed"
    """Prepared tables and captured requests."""
    ARTEFACTS = "artefacts"
    """Code, checkpoints, models."""
    LOGS = "logs"
    """Access logs of the others, and the audit log."""


_SENSITIVITY: Final = {
    Zone.RAW: Sensitivity.DATA,
    Zone.PROCESSED: Sensitivity.DATA,
    Zone.ARTEFACTS: Sensitivity.MODEL,
    Zone.LOGS: Sensitivity.OPERATIONS,
}


@dataclass(frozen=True, kw_only=True)
class LakeArgs:
    """Keys, retention and the raw data set."""

    project_id: str
    region: str
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    tags: Mapping[str, str]
    retention_days: Mapping[Zone, int]
    noncurrent_days: int = 30
    table: str
    """Name of the raw table: the folder of its file."""
    data_path: Path | None
    """The raw table's CSV; none where another cloud's lake delivers it."""
    data_sha256: str
    seal: Seal | None
    """What the raw table is sealed for before it is uploaded; None: it is uploaded as it is."""
    protect: bool = False
    """Refuse to delete buckets, and lock the logs' retention for good; otherwise buckets are
    emptied and deleted with the stack."""


class Lake(pulumi.ComponentResource):
    """Four locked buckets.

    All: encrypted with the customer's own key, no public access in any form, no ACLs (uniform
    access), soft delete, expiring, unfinished uploads aborted. Raw, processed and artefacts:
    versioned and access logged. Logs: where ``protect`` is set, nothing can be changed or deleted
    before its time, not even by an owner; that excludes versions, and the bucket cannot log
    itself. Cloud Storage answers over TLS only, so there is no rule to write for that.
    """

    bucket_names: Mapping[Zone, pulumi.Output[str]]
    raw_table_uri: pulumi.Output[str]
    """URI of the folder that holds the raw table's file, once the file is there (when another
    cloud delivers it: once the bucket is)."""

    def __init__(
        self, name: str, args: LakeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Lake", name, None, opts)
        self._args = args
        logs = self._bucket(f"{name}-{Zone.LOGS}", Zone.LOGS, logs=None)
        delivery = gcp.storage.BucketIAMMember(
            f"{name}-{Zone.LOGS}-delivery",
            bucket=logs.name,
            role="roles/storage.objectCreator",
            member=_USAGE_LOGS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        accepting = pulumi.Output.all(logs.name, delivery.id).apply(lambda known: str(known[0]))
        buckets = {Zone.LOGS: logs}
        for zone in (Zone.RAW, Zone.PROCESSED, Zone.ARTEFACTS):
            buckets[zone] = self._bucket(f"{name}-{zone}", zone, logs=accepting)
        self.bucket_names = {zone: bucket.name for zone, bucket in buckets.items()}
        self.raw_table_uri = self._raw_data(name, buckets[Zone.RAW])
        self.register_outputs(
            {
                "bucket_names": {str(zone): bucket for zone, bucket in self.bucket_names.items()},
                "raw_table_uri": self.raw_table_uri,
            }
        )

    def _bucket(
        self, name: str, zone: Zone, *, logs: pulumi.Output[str] | None
    ) -> gcp.storage.Bucket:
        args, sensitivity = self._args, _SENSITIVITY[zone]
        content: dict[str, Any] = {}
        if logs is not None:
            content["logging"] = {"log_bucket": logs, "log_object_prefix": f"access/{zone}"}
        if zone is Zone.LOGS and args.protect:
            # Excludes versioning: https://cloud.google.com/storage/docs/bucket-lock
            content["retention_policy"] = {
                "retention_period": str(args.retention_days[zone] * _DAY),
                "is_locked": True,
            }
        else:
            content["versioning"] = {"enabled": True}
        return gcp.storage.Bucket(
            name,
            project=args.project_id,
            location=args.region.upper(),
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            encryption={"default_kms_key_name": args.key_ids[sensitivity]},
            soft_delete_policy={"retention_duration_seconds": 7 * _DAY},
            lifecycle_rules=self._expiry(zone),
            force_destroy=not args.protect,
            labels=labels_of(with_sensitivity(args.tags, sensitivity)),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            **content,
        )

    def _expiry(self, zone: Zone) -> list[Any]:
        args = self._args
        abort = "AbortIncompleteMultipartUpload"
        return [
            {"action": {"type": "Delete"}, "condition": {"age": args.retention_days[zone]}},
            {
                "action": {"type": "Delete"},
                "condition": {
                    "days_since_noncurrent_time": args.noncurrent_days,
                    "with_state": "ARCHIVED",
                },
            },
            {"action": {"type": abort}, "condition": {"age": 1}},
        ]

    def _raw_data(self, name: str, bucket: gcp.storage.Bucket) -> pulumi.Output[str]:
        args = self._args
        path = args.data_path
        if path is None:
            return pulumi.Output.concat("gs://", bucket.name, f"/{args.table}/")
        source = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        if args.seal is not None:
            sealed = SealedObject(
                f"{name}-{args.table}",
                SealedObjectArgs(
                    uri=pulumi.Output.concat(
                        "gs://", bucket.name, f"/{args.table}/{stored_name(path.name, args.seal)}"
                    ),
                    source=str(source),
                    sha256=args.data_sha256,
                    key_id=args.key_ids[Sensitivity.SEALED],
                    context=args.seal.context,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            return sealed.stored_uri.apply(lambda uri: f"{uri.rsplit('/', 1)[0]}/")
        file = gcp.storage.BucketObject(
            f"{name}-{args.table}",
            bucket=bucket.name,
            name=f"{args.table}/{path.name}",
            source=pulumi.FileAsset(str(source)),
            content_type="text/csv",
            # Where AWS is switched on later, its lake delivers a file of the same name before this
            # resource goes, which must not take that one along. Otherwise it goes with the bucket.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        # Through the object's name, so that whoever reads the folder waits for the file.
        return pulumi.Output.all(bucket.name, file.name).apply(
            lambda names: f"gs://{names[0]}/{str(names[1]).rsplit('/', 1)[0]}/"
        )
