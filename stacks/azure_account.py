"""What exists once per Azure subscription, beside a platform or alone."""

from typing import Any

import pulumi
import pulumi_azure_native as azure

from components.azure.account import Account, AccountArgs
from components.azure.foundation import Foundation, FoundationArgs
from stacks.account_settings import AccountSettings, AzureAccountSettings
from stacks.stack_tags import stack_tags


def declare(settings: AccountSettings, section: AzureAccountSettings) -> dict[str, Any]:
    """Declares it alone, with a log workspace of its own; returns what the stack exports of it."""
    name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
    provider = azure.Provider(
        f"{name}-azure",
        subscription_id=section.subscription_id,
        tenant_id=section.tenant_id,
        location=section.region,
    )
    options = pulumi.ResourceOptions(providers=[provider])
    foundation = Foundation(
        name,
        FoundationArgs(
            region=section.region,
            log_days=settings.retention.log_days,
            tags=stack_tags(settings),
        ),
        options,
    )
    declare_account(
        name,
        section=section,
        log_workspace_id=foundation.log_workspace_id,
        log_account_id=None,
        options=options,
    )
    return {
        "subscription": section.subscription_id,
        "resource_group": foundation.resource_group_name,
    }


def declare_account(
    name: str,
    *,
    section: AzureAccountSettings,
    log_workspace_id: pulumi.Output[str],
    log_account_id: pulumi.Output[str] | None,
    options: pulumi.ResourceOptions,
) -> None:
    """Declares the component where the stack manages the subscription."""
    if section.manages_subscription:
        Account(
            name,
            AccountArgs(
                subscription_id=section.subscription_id,
                log_workspace_id=log_workspace_id,
                log_account_id=log_account_id,
                policies=section.policies,
                defender={str(plan): tier for plan, tier in section.defender.items()},
            ),
            options,
        )
