"""Personal data is kept no longer than its purpose needs."""

from collections.abc import Iterator
from typing import Any

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

NATIVE = "azure-native:storage:ManagementPolicy"
CLASSIC = "azure:storage/managementPolicy:ManagementPolicy"
FILES = "FileStorage"

RULE = Rule(
    title="A storage account deletes blobs after a time",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("5(1)(e)", "25"),
    remediation="add a ManagementPolicy with a rule that deletes base blobs",
    link="https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-overview",
)


def check_in_stack(account: Resource, stack: Stack) -> Iterator[str]:
    """A rule that deletes old versions only lets the data itself stay for ever."""
    if FILES in (account.get("kind"), account.get("accountKind")):
        return
    for policy in stack.belonging(account, NATIVE, by="accountName"):
        for rule in policy.blocks("policy.rules"):
            if _deletes(policy, rule, "definition.actions"):
                return
    for policy in stack.belonging(account, CLASSIC, by="storageAccountId"):
        for rule in policy.blocks("rules"):
            if _deletes(policy, rule, "actions"):
                return
    yield "no rule deletes its blobs"


def _deletes(policy: Resource, rule: dict[str, Any], actions: str) -> bool:
    part = Resource(urn=policy.urn, token=policy.token, name=policy.name, inputs=rule)
    if part.get("enabled", True) is not True:
        return False
    blob = part.get(f"{actions}.baseBlob", {})
    return bool(blob.get("delete")) or any(name.startswith("deleteAfterDays") for name in blob)
