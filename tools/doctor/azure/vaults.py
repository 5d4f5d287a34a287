"""Vaults that were deleted and keep their names until Azure purges them."""

from collections.abc import Iterator

from components.azure.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok

_VERSION = "2024-11-01"
_VAULT = "azure-native:keyvault:Vault"


def check(case: Case) -> Iterator[Finding]:
    """Deleted vaults whose names the plan gives; the others of the stack are counted."""
    subscription = case.azure.subscription_id
    path = f"/subscriptions/{subscription}/providers/Microsoft.KeyVault/deletedVaults"
    deleted = call("GET", path, query={"api-version": _VERSION}).get("value", [])
    place = f"subscription {subscription}"
    # A name that the provider made up in the preview will be another one in `up`.
    wanted = {
        str(one.inputs.get("vaultName")).lower()
        for one in case.planned(_VAULT)
        if "vaultName" not in (one.inputs.get("__defaults") or ())
    }
    own = 0
    for vault in deleted:
        facts, name = vault["properties"], str(vault["name"])
        if name.lower() in wanted:
            until = str(facts.get("scheduledPurgeDate"))[:10]
            purge = f"az keyvault purge --name {name}"
            remedy = f"{purge}, or " if not facts.get("purgeProtectionEnabled") else ""
            yield fail(
                f"vault {name} is deleted softly and keeps its name until {until}",
                place,
                f"{remedy}az keyvault recover --name {name}, or give the stack another name",
            )
        elif (facts.get("tags") or {}).get("stack") == case.stack:
            own += 1
    yield ok(f"{own} deleted vaults of this stack, in the way of nothing", place)
