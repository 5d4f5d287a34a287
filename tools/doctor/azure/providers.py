"""The resource providers that the stack needs: registered, and in its region."""

from collections.abc import Iterator
from typing import Final

from components.azure.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok

_VERSION: Final = "2021-04-01"
# The provider's module to Azure's namespace.
_NAMESPACES: Final = {
    "applicationinsights": "Microsoft.Insights",
    "consumption": "Microsoft.Consumption",
    "containerinstance": "Microsoft.ContainerInstance",
    "containerregistry": "Microsoft.ContainerRegistry",
    "keyvault": "Microsoft.KeyVault",
    "machinelearningservices": "Microsoft.MachineLearningServices",
    "managedidentity": "Microsoft.ManagedIdentity",
    "monitor": "Microsoft.Insights",
    "network": "Microsoft.Network",
    "operationalinsights": "Microsoft.OperationalInsights",
    "portal": "Microsoft.Portal",
    "privatedns": "Microsoft.Network",
    "storage": "Microsoft.Storage",
}
_CENTRAL: Final = {
    "Microsoft.ContainerInstance": "containerGroups",
    "Microsoft.ContainerRegistry": "registries",
    "Microsoft.KeyVault": "vaults",
    "Microsoft.MachineLearningServices": "workspaces",
    "Microsoft.Storage": "storageAccounts",
}


def check(case: Case) -> Iterator[Finding]:
    """Each namespace of the plan."""
    subscription, region = case.azure.subscription_id, case.azure.region
    place = f"subscription {subscription}"
    modules = {one.type.split(":")[1] for one in case.plan or () if one.cloud == "azure"}
    wanted = sorted({_NAMESPACES[name] for name in modules if name in _NAMESPACES})
    good = []
    for namespace in wanted:
        path = f"/subscriptions/{subscription}/providers/{namespace}"
        found = call("GET", path, query={"api-version": _VERSION})
        if found["registrationState"] not in ("Registered", "Registering"):
            remedy = f"az provider register --namespace {namespace} --subscription {subscription}"
            yield fail(f"{namespace} is not registered", place, remedy)
            continue
        kind = _CENTRAL.get(namespace)
        places = {
            location.replace(" ", "").lower()
            for one in found.get("resourceTypes", [])
            if one["resourceType"] == kind
            for location in one.get("locations", [])
        }
        if kind and region not in places:
            yield fail(
                f"{namespace}/{kind} is not in {region}",
                f"{case.file}: azure.region",
                f"take another region, such as {', '.join(sorted(places)[:3])}",
            )
            continue
        good.append(namespace.removeprefix("Microsoft."))
    if good:
        yield ok(f"registered and in {region}: {', '.join(good)}", place)
