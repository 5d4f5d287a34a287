"""What the checks look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.aws_settings import AwsSettings
from stacks.azure_settings import AzureSettings
from stacks.gcp_settings import GcpSettings
from stacks.settings import Settings
from tools.cost.planned import Planned


@dataclass(frozen=True, kw_only=True)
class Case:
    """One stack before `up`.

    plan:     the resources that it wants, from a preview; None where that failed.
    state:    as `pulumi stack export` gives it; None where there is none or it cannot be read.
    problem:  why the state cannot be read; empty where it can, or where there is no such stack.
    backend:  directory of the file backend; None where the state is elsewhere.
    """

    stack: str
    settings: Settings
    plan: Sequence[Planned] | None
    state: Mapping[str, Any] | None = None
    problem: str = ""
    backend: Path | None = None

    @property
    def file(self) -> str:
        """The stack's settings."""
        return f"Pulumi.{self.stack}.yaml"

    @property
    def aws(self) -> AwsSettings:
        """The section of a stack with AWS."""
        assert self.settings.aws is not None
        return self.settings.aws

    @property
    def gcp(self) -> GcpSettings:
        """The section of a stack with GCP."""
        assert self.settings.gcp is not None
        return self.settings.gcp

    @property
    def azure(self) -> AzureSettings:
        """The section of a stack with Azure."""
        assert self.settings.azure is not None
        return self.settings.azure

    @property
    def resources(self) -> Sequence[Mapping[str, Any]]:
        """What the stack has already."""
        deployment = (self.state or {}).get("deployment") or {}
        found: Sequence[Mapping[str, Any]] = deployment.get("resources") or ()
        return found

    def planned(self, token: str) -> list[Planned]:
        """The wanted resources of a type."""
        return [one for one in self.plan or () if one.type == token]

    def has(self, token: str, *names: str) -> bool:
        """Whether the stack has a resource of a type already, by its id or one of its names."""
        own = [one for one in self.resources if one["type"] == token]
        known = {str(one.get("id")).lower() for one in own}
        for one in own:
            known |= {str(value).lower() for value in (one.get("inputs") or {}).values()}
        return any(name.lower() in known for name in names)
