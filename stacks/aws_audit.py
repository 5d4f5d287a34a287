"""The AWS slice's own audit trail, where its settings ask for one."""

import pulumi

from components.aws.audit import Audit, AuditArgs, trail_arn
from components.aws.lake import Lake, Zone
from stacks.aws_settings import AwsSettings
from stacks.settings import Settings
from stacks.stack_tags import stack_tags

# The log bucket would record its own records.
_WATCHED = (Zone.RAW, Zone.PROCESSED, Zone.ARTEFACTS)


def trail_of(name: str, section: AwsSettings) -> str | None:
    """The ARN of the stack's trail; None where there is none."""
    if not section.data_events:
        return None
    return trail_arn(name, region=section.region, account_id=section.account_id)


def declare_audit(
    name: str,
    *,
    settings: Settings,
    section: AwsSettings,
    key_id: pulumi.Output[str],
    lake: Lake,
    options: pulumi.ResourceOptions,
) -> dict[str, pulumi.Output[str]]:
    """Declares the trail, if any; returns its log group, by what writes it."""
    if not section.data_events:
        return {}
    audit = Audit(
        name,
        AuditArgs(
            account_id=section.account_id,
            bucket_names=[lake.bucket_names[zone] for zone in _WATCHED],
            log_bucket=lake.log_bucket,
            key_id=key_id,
            log_days=settings.retention.log_days,
            tags=stack_tags(settings),
        ),
        options,
    )
    return {"trail": audit.log_group}
