"""The workspace keeps code, models and logs there."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

PATHS = {
    "azure-native:machinelearningservices:Workspace": "storageAccount",
    "azure:machinelearning/workspace:Workspace": "storageAccountId",
}
ACCOUNTS = {
    "azure-native:storage:StorageAccount": "allowBlobPublicAccess",
    "azure:storage/account:Account": "allowNestedItemsToBePublic",
}

RULE = Rule(
    title="The storage of an ML workspace cannot be made public",
    severity=Severity.HIGH,
    types=(
        "azure-native:machinelearningservices:Workspace",
        "azure:machinelearning/workspace:Workspace",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV2_AZURE_50",),
    remediation="set allow_blob_public_access of the account to false",
    link="https://learn.microsoft.com/azure/machine-learning/concept-enterprise-security",
)


def check_in_stack(workspace: Resource, stack: Stack) -> Iterator[str]:
    """An account of another stack is judged there."""
    path = PATHS[workspace.type]
    if not workspace.has(path):
        yield f"{path} is not set"
    for kind, name in ACCOUNTS.items():
        for account in stack.named(workspace, path, kind):
            if account.get(name) is not False:
                yield f"{name} of {account.name} is not off"
