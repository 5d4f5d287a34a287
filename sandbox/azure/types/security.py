"""``Microsoft.Security``: Defender's plans; nothing is watched here."""

from sandbox.azure.context import now
from sandbox.azure.errors import bad_request
from sandbox.azure.resource_type import Call, ResourceType


class Pricings(ResourceType):
    """A plan of a subscription, free or paid; Azure deletes none."""

    type = "Microsoft.Security/pricings"
    scopes = frozenset({"subscription"})
    name = (r"[A-Za-z]{1,64}", "the name of a plan, such as StorageAccounts")
    provisions = False
    patchable = False
    required = ("properties.pricingTier",)
    allowed = {"properties.pricingTier": frozenset({"Free", "Standard"})}

    def check(self, call: Call) -> None:
        if call.properties.get("subPlan") and call.properties["pricingTier"] == "Free":
            raise bad_request("A plan that is free has no sub-plan.", "InvalidRequestContent")

    def complete(self, call: Call) -> None:
        call.properties.setdefault("enforce", "False")
        call.properties.setdefault("enablementTime", now())
        call.properties["deprecated"] = False
        call.properties["inherited"] = "False"
        call.properties["resourcesCoverageStatus"] = "FullyCovered"
        call.properties["freeTrialRemainingTime"] = "PT0S"

    def check_deletion(self, call: Call) -> None:
        raise bad_request(
            "Delete operation is supported only for single resources scope (not subscriptions). "
            "Use PUT to Enabled or Disable specific pricing bundles on a subscription.",
            "InvalidUrlConfiguration",
        )


TYPES = (Pricings,)
