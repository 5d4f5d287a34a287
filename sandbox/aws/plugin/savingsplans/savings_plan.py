"""``aws:savingsplans/savingsPlan:SavingsPlan``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import DEFAULT_REGION, Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.rules import matches

TAGGING = Tagging(
    service="savingsplans",
    list_operation="list_tags_for_resource",
    tag_operation="tag_resource",
    untag_operation="untag_resource",
    resource="resourceArn",
    listed="tags",
    tags="tags",
    keys="tagKeys",
    key="",
)


class SavingsPlan(AwsResource):
    """An hourly spend that is promised for years; bought, it stays, whatever is destroyed."""

    token = "aws:savingsplans/savingsPlan:SavingsPlan"
    behaviour = "recorded"
    immutable = frozenset(
        {"commitment", "purchaseTime", "savingsPlanOfferingId", "upfrontPaymentAmount"}
    )
    mutable = frozenset({"tags", "timeouts"})
    local = frozenset({"timeouts"})
    unknown_until_created = frozenset({"purchaseTime", "upfrontPaymentAmount"})
    tagging = TAGGING
    rules = (
        matches("commitment", r"\d+(\.\d{1,5})?", "expected an amount such as 1.50"),
        matches("purchaseTime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "YYYY-MM-DDTHH:MM:SSZ"),
    )

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return cloud.arn("savingsplans", f"savingsplan/{resource_id}", regional=False)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = _here(cloud).run(
            "savingsplans",
            "create_savings_plan",
            savingsPlanOfferingId=inputs["savingsPlanOfferingId"],
            commitment=inputs["commitment"],
            upfrontPaymentAmount=inputs.get("upfrontPaymentAmount"),
            purchaseTime=inputs.get("purchaseTime"),
            tags=dict(inputs.get("tags") or {}),
        )
        return str(answer["savingsPlanId"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = _here(cloud).run(
            "savingsplans", "describe_savings_plans", savingsPlanIds=[resource_id]
        )
        for plan in answer["savingsPlans"]:
            told = {name: plan.get(name) for name in self.schema.outputs if name in plan}
            upfront = float(plan["upfrontPaymentAmount"])
            return {
                **told,
                "purchaseTime": str(plan["start"]).replace(".000Z", "Z"),
                "savingsPlanOfferingId": plan["offeringId"],
                "upfrontPaymentAmount": plan["upfrontPaymentAmount"] if upfront else None,
            }
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        """Only tags change, and they have operations of their own."""

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        found = self.find(cloud, resource_id, outputs)
        if found is not None and found["state"] == "queued":
            _here(cloud).run(
                "savingsplans", "delete_queued_savings_plan", savingsPlanId=resource_id
            )


def _here(cloud: Cloud) -> Cloud:
    """One service for the whole account."""
    return Cloud(endpoint_url=cloud.endpoint_url, region=DEFAULT_REGION, context=cloud.context)
