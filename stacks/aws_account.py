"""What exists once per AWS account, beside a platform or alone."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.account import Account, AccountArgs
from components.aws.keys import Keys, KeysArgs
from components.naming import Sensitivity
from stacks.account_settings import AccountSettings, AwsAccountSettings
from stacks.common_settings import CommonSettings
from stacks.stack_tags import stack_tags


def declare(settings: AccountSettings, section: AwsAccountSettings) -> dict[str, Any]:
    """Declares it alone, with keys of its own; returns what the stack exports of it."""
    name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
    options = pulumi.ResourceOptions(providers=[provider(name, section)])
    keys = Keys(
        name,
        KeysArgs(
            account_id=section.account_id,
            region=section.region,
            tags=stack_tags(settings),
            protect=settings.protect_data,
        ),
        options,
    )
    account = declare_account(
        name, settings=settings, section=section, key_ids=keys.key_ids, options=options
    )
    assert account is not None
    exports: dict[str, Any] = {
        "region": section.region,
        "log_groups": dict(account.log_groups),
    }
    if account.detector_id is not None:
        exports["detector"] = account.detector_id
    if account.recorder_name is not None:
        exports["recorder"] = account.recorder_name
    return exports


def declare_account(
    name: str,
    *,
    settings: CommonSettings,
    section: AwsAccountSettings,
    key_ids: Mapping[Sensitivity, pulumi.Output[str]],
    options: pulumi.ResourceOptions,
) -> Account | None:
    """The component, encrypted with a stack's keys; None where it does not manage the account."""
    if not section.manages_account:
        return None
    return Account(
        name,
        AccountArgs(
            account_id=section.account_id,
            key_ids=key_ids,
            has_detector=section.threat_detection,
            has_recorder=section.recorder,
            log_days=settings.retention.log_days,
            noncurrent_days=settings.retention.noncurrent_days,
            tags=stack_tags(settings),
            protect=settings.protect_data,
        ),
        options,
    )


def provider(name: str, section: AwsAccountSettings) -> aws.Provider:
    """A login to the configured account; one to another fails before it touches anything."""
    return aws.Provider(name, region=section.region, allowed_account_ids=[section.account_id])
