"""What exists once per subscription: its activity log, audit policies and Defender plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_azure_native as azure

# https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema#categories
_ACTIVITIES: Final = ("Administrative", "Security", "Alert", "Policy")
_SETS: Final = "/providers/Microsoft.Authorization/policySetDefinitions"
_SINGLE: Final = "/providers/Microsoft.Authorization/policyDefinitions"
# Built-in, with an effect of audit unless a parameter says otherwise; the names are Azure's.
# https://learn.microsoft.com/azure/governance/policy/samples/built-in-initiatives
# https://learn.microsoft.com/azure/machine-learning/policy-reference
POLICIES: Final = {
    "benchmark": {
        "Microsoft cloud security benchmark": f"{_SETS}/1f3afdf9-d0c9-4c3d-847f-89da613e70a8",
    },
    "gdpr": {
        "EU General Data Protection Regulation (GDPR) 2016/679": (
            f"{_SETS}/7326812a-86a4-40c8-af7c-8945de9c4913"
        ),
    },
    "hipaa": {
        "HITRUST/HIPAA": f"{_SETS}/a169a624-5599-4385-a696-c8d643089fab",
    },
    "machine-learning": {
        "Azure Machine Learning workspaces should be encrypted with a customer-managed key": (
            f"{_SINGLE}/ba769a63-b8cc-4b2d-abf6-ac33c7204be8"
        ),
        "Azure Machine Learning workspaces should use user-assigned managed identity": (
            f"{_SINGLE}/5f0c7d88-c7de-45b8-ac49-db49e72eaa78"
        ),
        "Azure Machine Learning Workspaces should disable public network access": (
            f"{_SINGLE}/438c38d2-3772-465a-a9cc-7a6666a275ce"
        ),
        "Azure Machine Learning Computes should have local authentication methods disabled": (
            f"{_SINGLE}/e96a9a5f-07ca-471b-9bc5-6a0f33cbd68f"
        ),
        "Resource logs in Azure Machine Learning Workspaces should be enabled": (
            f"{_SINGLE}/afe0c3be-ba3b-4544-ba52-0c99672a8ad6"
        ),
    },
}
# Plans with several editions, of which Azure asks for one.
_EDITIONS: Final = {"StorageAccounts": "DefenderForStorageV2", "VirtualMachines": "P2"}


@dataclass(frozen=True, kw_only=True)
class AccountArgs:
    """Where the subscription's log goes, and what of the subscription is switched on."""

    subscription_id: str
    log_workspace_id: pulumi.Input[str]
    log_account_id: pulumi.Input[str] | None
    """None keeps the log in the workspace only."""
    policies: Sequence[str]
    """Of :data:`POLICIES`."""
    defender: Mapping[str, str]
    """Name of each Defender plan to its tier."""


class Account(pulumi.ComponentResource):
    """The subscription's own settings, for one stack of each subscription.

    Who changed what in the whole subscription is written down. Azure's built-in policies look at
    every resource and report; none of them refuses or changes anything, so that a platform comes
    up the same with them and without. Defender's plans watch what their names say; they stay as
    they are when the stack goes.
    """

    def __init__(
        self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Account", name, None, opts)
        self._args = args
        self._scope = f"/subscriptions/{args.subscription_id}"
        self._child = pulumi.ResourceOptions(parent=self)
        azure.monitor.DiagnosticSetting(
            f"{name}-subscription",
            resource_uri=self._scope,
            name=name,
            workspace_id=args.log_workspace_id,
            storage_account_id=args.log_account_id,
            logs=[{"category": category, "enabled": True} for category in _ACTIVITIES],
            opts=self._child,
        )
        for chosen in args.policies:
            for number, (title, definition) in enumerate(POLICIES[chosen].items(), start=1):
                self._assign(f"{name}-{chosen}-{number}", title, definition)
        for plan, tier in args.defender.items():
            azure.security.Pricing(
                f"{name}-{plan}",
                pricing_name=plan,
                scope_id=self._scope,
                pricing_tier=tier,
                sub_plan=_EDITIONS.get(plan)
                if tier == azure.security.PricingTier.STANDARD
                else None,
                # Azure deletes no plan of a subscription: it is free or not.
                # https://learn.microsoft.com/rest/api/defenderforcloud-composite/pricings/delete
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
        self.register_outputs({})

    def _assign(self, name: str, title: str, definition: str) -> None:
        azure.authorization.PolicyAssignment(
            name,
            policy_assignment_name=name,
            scope=self._scope,
            display_name=title,
            policy_definition_id=definition,
            enforcement_mode=azure.authorization.EnforcementMode.DEFAULT,
            opts=self._child,
        )
