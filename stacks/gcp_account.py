"""What exists once per GCP project, beside a platform or alone."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp

from components.gcp.account import Account, AccountArgs
from stacks.account_settings import GcpAccountSettings


def declare(section: GcpAccountSettings) -> dict[str, Any]:
    """Declares it alone; returns what the stack exports of it."""
    name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
    options = pulumi.ResourceOptions(providers=[provider(f"{name}-gcp", section)])
    account = declare_account(name, section=section, options=options)
    assert account is not None
    return {"project": section.project_id, "audited": list(account.audited)}


def declare_account(
    name: str, *, section: GcpAccountSettings, options: pulumi.ResourceOptions
) -> Account | None:
    """The component; None where the stack does not manage the project."""
    if not section.manages_project:
        return None
    return Account(
        name,
        AccountArgs(
            project_id=section.project_id, finds_weaknesses=section.security_command_center
        ),
        options,
    )


def provider(
    name: str, section: GcpAccountSettings, after: Sequence[pulumi.Resource] = ()
) -> gcp.Provider:
    """A login to the project; whatever uses it waits for what it comes ``after``."""
    return gcp.Provider(
        name,
        project=section.project_id,
        region=section.region,
        # Budgets belong to a billing account; their API is called on behalf of this project.
        billing_project=section.project_id,
        user_project_override=True,
        opts=pulumi.ResourceOptions(depends_on=list(after)),
    )
