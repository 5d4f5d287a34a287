"""What no rule names stays out."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

BESIDE = "azure:storage/accountNetworkRules:AccountNetworkRules"

RULE = Rule(
    title="The firewall of a storage account refuses what no rule names",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_35", "storage_default_network_access_rule_is_denied"),
    remediation="set network_rule_set.default_action to Deny",
    link="https://learn.microsoft.com/azure/storage/common/storage-network-security",
)


def check_in_stack(account: Resource, stack: Stack) -> Iterator[str]:
    """The classic provider has the rules in the account, or in a resource beside it."""
    if account.get("publicNetworkAccess") == "Disabled":
        return
    if account.get("publicNetworkAccessEnabled") is False:
        return
    rules = [account.get(f"{path}.defaultAction") for path in ("networkRuleSet", "networkRules")]
    beside = stack.belonging(account, BESIDE, by="storageAccountId")
    if "Deny" not in [*rules, *(other.get("defaultAction") for other in beside)]:
        yield "its rules let in what they do not name"
