"""Known weaknesses in an image are reported."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

PLANS = ("Containers", "ContainerRegistry")

RULE = Rule(
    title="The images of a container registry are scanned",
    severity=Severity.MEDIUM,
    types=("azure-native:containerregistry:Registry", "azure:containerservice/registry:Registry"),
    gdpr=("32",),
    hipaa=("164.308(a)(1)(ii)(D)",),
    controls=("CKV_AZURE_163",),
    remediation="switch the Defender plan Containers on (azure_native.security.Pricing)",
    link="https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction",
)


def check_in_stack(_registry: Resource, stack: Stack) -> Iterator[str]:
    """The plan is the subscription's, for all of its registries."""
    plans = [
        (plan.get("pricingName"), plan.get("pricingTier"))
        for plan in stack.of("azure-native:security:Pricing")
    ]
    plans += [
        (plan.get("resourceType"), plan.get("tier"))
        for plan in stack.of("azure:securitycenter/subscriptionPricing:SubscriptionPricing")
    ]
    if not any(name in PLANS and tier == "Standard" for name, tier in plans):
        yield "no Defender plan of the stack covers it"
