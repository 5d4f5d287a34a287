"""The ways to declare a key of AWS KMS: its own material, brought along, and copies of both."""

from typing import Final

KEYS: Final = (
    "aws:kms/key:Key",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
)
