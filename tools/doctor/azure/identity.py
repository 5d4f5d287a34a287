"""Whether somebody is signed in to Azure and sees the stack's subscription."""

from collections.abc import Iterator

from components.azure.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok

_VERSION = "2022-12-01"


def check(case: Case) -> Iterator[Finding]:
    """The subscription's state and tenant."""
    subscription, tenant = case.azure.subscription_id, case.azure.tenant_id
    place = f"subscription {subscription}"
    found = call("GET", f"/subscriptions/{subscription}", query={"api-version": _VERSION})
    if found.get("state") not in ("Enabled", "PastDue"):
        remedy = "reactivate it (portal: Subscriptions), or another azure.subscription_id"
        yield fail(f"the subscription is {found.get('state')}", place, remedy)
    elif found.get("tenantId") != tenant:
        yield fail(
            f"the subscription's tenant is {found.get('tenantId')}, not {tenant}",
            f"{case.file}: azure.tenant_id",
            f"pulumi config set --path 'trimaran:azure.tenant_id' {found.get('tenantId')} "
            f"-s {case.stack}",
        )
    else:
        yield ok("signed in, the subscription is enabled", place)
