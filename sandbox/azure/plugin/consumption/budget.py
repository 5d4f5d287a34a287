"""``azure-native:consumption:Budget``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Budget(AzureResource):
    """What a scope may cost; nothing here costs anything."""

    token = "azure-native:consumption:Budget"
    behaviour = "recorded"
    immutable = frozenset({"budgetName", "scope"})
    mutable = frozenset(
        {"amount", "category", "eTag", "filter", "notifications", "timeGrain", "timePeriod"}
    )
    auto_name = SameName("budgetName")
    path = "{scope}/providers/Microsoft.Consumption/budgets/{budgetName}"
    unknown_until_created = frozenset({"eTag"})
