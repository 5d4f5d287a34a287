"""``azure-native:security:Pricing``."""

from sandbox.azure.plugin.resource import AzureResource


class Pricing(AzureResource):
    """A plan of Defender for Cloud, which looks at nothing here.

    Azure has each plan of a subscription from the beginning, and deletes none.
    """

    token = "azure-native:security:Pricing"
    behaviour = "recorded"
    immutable = frozenset({"pricingName", "scopeId"})
    mutable = frozenset({"enforce", "extensions", "pricingTier", "subPlan"})
    singleton = True
    reset = {"pricingTier": "Free"}
    path = "{scopeId}/providers/Microsoft.Security/pricings/{pricingName}"
