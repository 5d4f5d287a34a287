"""All checks. To add one, write a module with `check` and give it a line here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from tools.doctor.aws import identity as aws_identity
from tools.doctor.aws import names as aws_names
from tools.doctor.aws import opt_in
from tools.doctor.aws import quotas as aws_quotas
from tools.doctor.azure import identity as azure_identity
from tools.doctor.azure import names as azure_names
from tools.doctor.azure import providers, vaults
from tools.doctor.azure import quotas as azure_quotas
from tools.doctor.case import Case
from tools.doctor.checks import budget, machines, placeholders, region, state
from tools.doctor.finding import Finding
from tools.doctor.gcp import agents, apis, billing
from tools.doctor.gcp import identity as gcp_identity
from tools.doctor.gcp import names as gcp_names
from tools.doctor.gcp import quotas as gcp_quotas


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check.

    permission: what who runs it needs, for the clouds that do not tell it in their refusal.
    """

    name: str
    run: Callable[[Case], Iterable[Finding]]
    permission: str = ""


STACK: Final = (Check(name="state", run=state.check),)


def offline(cloud: str) -> tuple[Check, ...]:
    """What is known of a cloud without asking it."""
    modules = {
        "settings": placeholders.check,
        "region": region.check,
        "machines": machines.check,
        "budget": budget.check,
    }
    return tuple(Check(name=name, run=partial(run, cloud=cloud)) for name, run in modules.items())


IDENTITY: Final = {
    "aws": Check(name="credentials", run=aws_identity.check, permission="sts:GetCallerIdentity"),
    "gcp": Check(
        name="credentials", run=gcp_identity.check, permission="resourcemanager.projects.get"
    ),
    "azure": Check(
        name="credentials",
        run=azure_identity.check,
        permission="Microsoft.Resources/subscriptions/read",
    ),
}
"""Asked first: the others have nobody to ask as without it."""

ONLINE: Final = {
    "aws": (
        Check(name="region", run=opt_in.check, permission="ec2:DescribeRegions"),
        Check(name="quotas", run=aws_quotas.check, permission="servicequotas:ListServiceQuotas"),
        Check(name="names", run=aws_names.check, permission="ReadOnlyAccess"),
    ),
    "gcp": (
        Check(name="billing", run=billing.check, permission="resourcemanager.projects.get"),
        Check(name="APIs", run=apis.check, permission="serviceusage.services.get"),
        Check(name="agents", run=agents.check, permission="resourcemanager.projects.getIamPolicy"),
        Check(name="quotas", run=gcp_quotas.check, permission="serviceusage.quotas.get"),
        Check(name="names", run=gcp_names.check, permission="roles/viewer"),
    ),
    "azure": (
        Check(name="providers", run=providers.check, permission="*/providers/read"),
        Check(
            name="quotas",
            run=azure_quotas.check,
            permission="Microsoft.MachineLearningServices/locations/usages/read",
        ),
        Check(
            name="names",
            run=azure_names.check,
            permission="Microsoft.Storage/checknameavailability/read",
        ),
        Check(
            name="soft-deleted",
            run=vaults.check,
            permission="Microsoft.KeyVault/deletedVaults/read",
        ),
    ),
}
