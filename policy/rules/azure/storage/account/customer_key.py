"""With a key of one's own, access to the data can be taken away from everybody at once."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

BESIDE = "azure:storage/customerManagedKey:CustomerManagedKey"

RULE = Rule(
    title="A storage account is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV2_AZURE_1", "storage_ensure_encryption_with_customer_managed_keys"),
    remediation="set encryption.key_source to Microsoft.Keyvault with key_vault_properties",
    link="https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview",
)


def check_in_stack(account: Resource, stack: Stack) -> Iterator[str]:
    """The classic provider has the key in the account, or in a resource beside it."""
    if account.type == RULE.types[0]:
        if account.get("encryption.keySource") != "Microsoft.Keyvault":
            yield "encryption.keySource is not Microsoft.Keyvault"
        return
    beside = stack.belonging(account, BESIDE, by="storageAccountId")
    if not account.has("customerManagedKey") and not beside:
        yield "it has no customerManagedKey"
