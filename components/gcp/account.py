"""What exists once per project: who read data is written down, and what is looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp
from pulumi_gcp import securitycenter

from components.gcp.project import api_on

# Services whose reading of data is written down.
AUDITED: Final = (
    "aiplatform.googleapis.com",
    "cloudkms.googleapis.com",
    "storage.googleapis.com",
)
_SECURITY_CENTER: Final = "securitycentermanagement.googleapis.com"


@dataclass(frozen=True)
class Finding:
    """What is looked for: a condition in CEL on resources of one type.

    https://cloud.google.com/security-command-center/docs/custom-modules-sha-overview
    """

    resource_type: str
    condition: str
    severity: str
    about: str
    remedy: str


FINDINGS: Final[Mapping[str, Finding]] = {
    "bucket_open_to_public": Finding(
        "storage.googleapis.com/Bucket",
        'resource.iamConfiguration.publicAccessPrevention != "enforced"',
        "HIGH",
        "A bucket does not prevent public access.",
        "Set public_access_prevention of the bucket to enforced.",
    ),
    "bucket_without_customer_key": Finding(
        "storage.googleapis.com/Bucket",
        "!has(resource.encryption) || !has(resource.encryption.defaultKmsKeyName)",
        "MEDIUM",
        "A bucket encrypts with Google's key, not with one of the project's.",
        "Set default_kms_key_name of the bucket to a key of the platform.",
    ),
    "key_rotated_too_seldom": Finding(
        "cloudkms.googleapis.com/CryptoKey",
        'resource.rotationPeriod > duration("7776000s")',
        "HIGH",
        "A key stays the same for more than 90 days.",
        "Set rotation_period of the key to 7776000s or less.",
    ),
}
"""By category, which is what Security Command Center calls a finding of it."""


@dataclass(frozen=True, kw_only=True)
class AccountArgs:
    """The project, and whether Security Command Center looks at it."""

    project_id: str
    finds_weaknesses: bool


class Account(pulumi.ComponentResource):
    """The project's own settings, for one stack of each project.

    Who administered what is always written down; who read or wrote data only where the project
    asks for it. Each platform's own sink keeps what is written.
    """

    audited: tuple[str, ...]

    def __init__(
        self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Account", name, None, opts)
        self.audited = AUDITED
        for service in AUDITED:
            gcp.projects.IAMAuditConfig(
                f"{name}-{service.split('.')[0]}",
                project=args.project_id,
                service=service,
                audit_log_configs=[
                    {"log_type": kind} for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        if args.finds_weaknesses:
            self._look_for(name, args.project_id)
        self.register_outputs({"audited": list(self.audited)})

    def _look_for(self, name: str, project_id: str) -> None:
        api = api_on(f"{name}-security-center", project_id, _SECURITY_CENTER, parent=self)
        for category, finding in FINDINGS.items():
            securitycenter.ManagementProjectSecurityHealthAnalyticsCustomModule(
                f"{name}-{category.replace('_', '-')}",
                project=project_id,
                location="global",
                display_name=category,
                enablement_state="ENABLED",
                custom_config={
                    "predicate": {"expression": finding.condition},
                    "resource_selector": {"resource_types": [finding.resource_type]},
                    "severity": finding.severity,
                    "description": finding.about,
                    "recommendation": finding.remedy,
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[api]),
            )
