"""Encryption keys: one for each sensitivity, so that a program decrypts only what it must."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.policies import document
from components.naming import Sensitivity, sensitivities
from components.tags import with_sensitivity


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """What the keys are for and who administers them."""

    account_id: str
    region: str
    tags: Mapping[str, str]
    deletion_window_days: int = 30
    """Days in which a deletion can be called off: the longest that the cloud offers."""
    trail_arn: str | None = None
    """Of a trail whose files the key of operations encrypts."""
    protect: bool = False
    seals: bool = False
    """One key more, which no service of the cloud may use: for tables that are sealed before they
    come here."""


class Keys(pulumi.ComponentResource):
    """A customer managed KMS key with yearly rotation and an alias for each sensitivity.

    The account's IAM policies decide who uses the keys (the roles of the job kinds name the keys
    they need). Services that write by themselves, such as log groups and alarms, may use the key
    of operations only, and only on behalf of this account. No statement names ``*`` as principal.
    """

    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    """ARN of each key."""

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Keys", name, None, opts)
        self.key_ids = {
            sensitivity: self._key(f"{name}-{sensitivity}", sensitivity, args)
            for sensitivity in sensitivities(seals=args.seals)
        }
        self.register_outputs({"key_ids": {str(s): arn for s, arn in self.key_ids.items()}})

    def _key(self, name: str, sensitivity: Sensitivity, args: KeysArgs) -> pulumi.Output[str]:
        key = aws.kms.Key(
            name,
            description=f"{name}: encrypts what is of sensitivity {sensitivity}",
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_window_days,
            policy=document(_statements(sensitivity, args)),
            tags=with_sensitivity(args.tags, sensitivity),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{name}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn


def _statements(sensitivity: Sensitivity, args: KeysArgs) -> Sequence[Mapping[str, Any]]:
    account = f"arn:aws:iam::{args.account_id}:root"
    statements: list[Mapping[str, Any]] = [
        {
            # Without it the key could not be administered by anyone, AWS's support included:
            # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    if sensitivity is Sensitivity.OPERATIONS:
        statements += [_log_statement(args), _alarm_statement(args)]
        if args.trail_arn is not None:
            statements += _trail_statements(args, args.trail_arn)
    return statements


def _log_statement(args: KeysArgs) -> dict[str, Any]:
    logs = f"arn:aws:logs:{args.region}:{args.account_id}:*"
    return {
        "Sid": "LogGroupsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{args.region}.amazonaws.com"},
        "Action": [
            "kms:Encrypt*",
            "kms:Decrypt*",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:Describe*",
        ],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
    }


def _alarm_statement(args: KeysArgs) -> dict[str, Any]:
    return {
        "Sid": "AlarmsPublishToEncryptedTopics",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": args.account_id}},
    }


def _trail_statements(args: KeysArgs, trail_arn: str) -> list[Mapping[str, Any]]:
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    trails = f"arn:aws:cloudtrail:*:{args.account_id}:trail/*"
    trail = {"Service": "cloudtrail.amazonaws.com"}
    of_this = {"aws:SourceArn": trail_arn}
    return [
        {
            "Sid": "TrailEncrypts",
            "Effect": "Allow",
            "Principal": trail,
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {
                "StringEquals": of_this,
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails},
            },
        },
        {
            "Sid": "TrailLooksAtTheKey",
            "Effect": "Allow",
            "Principal": trail,
            "Action": "kms:DescribeKey",
            "Resource": "*",
            "Condition": {"StringEquals": of_this},
        },
    ]
