"""What exists once per project: which services write down who read their data."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

# Services whose reading of data is written down.
AUDITED: Final = (
    "aiplatform.googleapis.com",
    "cloudkms.googleapis.com",
    "storage.googleapis.com",
)


@dataclass(frozen=True, kw_only=True)
class AccountArgs:
    """The project."""

    project_id: str


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
        self.register_outputs({"audited": list(self.audited)})
