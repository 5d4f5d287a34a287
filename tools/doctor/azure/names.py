"""Names of accounts and registries, which nobody else in Azure may have."""

from collections.abc import Iterator
from typing import Final

from components.azure.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok, warn
from tools.doctor.names import fixed, name_of

# Token to namespace and type, and the version of its question.
_UNIQUE: Final = {
    "azure-native:containerregistry:Registry": (
        "Microsoft.ContainerRegistry", "registries", "2023-07-01",
    ),
    "azure-native:storage:StorageAccount": ("Microsoft.Storage", "storageAccounts", "2023-05-01"),
}  # fmt: skip


def check(case: Case) -> Iterator[Finding]:
    """Each name of the plan."""
    subscription = case.azure.subscription_id
    good = []
    for resource in fixed(case, "azure", _UNIQUE):
        namespace, kind, version = _UNIQUE[resource.type]
        name = name_of(resource.inputs)
        if case.has(resource.type, name):
            good.append(name)
            continue
        answer = call(
            "POST",
            f"/subscriptions/{subscription}/providers/{namespace}/checkNameAvailability",
            body={"name": name, "type": f"{namespace}/{kind}"},
            query={"api-version": version},
        )
        if answer["nameAvailable"]:
            good.append(name)
        elif case.problem:
            remedy = "it may be this stack's own: sign in to its backend to see"
            yield warn(f"{resource.type.rpartition(':')[2]} {name} exists", "all of Azure", remedy)
        else:
            yield fail(
                f"{resource.type.rpartition(':')[2]} {name}: {answer.get('message')}",
                "all of Azure",
                "delete it where it is yours (az resource list --name "
                f"{name}), or give the stack another name",
            )
    if good:
        yield ok(f"to be had, or the stack's: {', '.join(good)}", "all of Azure")
