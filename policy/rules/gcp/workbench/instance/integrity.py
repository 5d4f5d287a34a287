"""A changed boot sequence is noticed."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="The integrity of a Workbench notebook is monitored",
    severity=Severity.MEDIUM,
    types=("gcp:workbench/instance:Instance",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("CKV_GCP_127",),
    remediation="leave shielded_instance_config.enable_integrity_monitoring and enable_vtpm on",
    link="https://cloud.google.com/compute/shielded-vm/docs/integrity-monitoring",
)


def check(notebook: Resource) -> Iterator[str]:
    """Both are on unless they are switched off; without the chip there is nothing to compare."""
    for name in ("enableIntegrityMonitoring", "enableVtpm"):
        if notebook.get(f"gceSetup.shieldedInstanceConfig.{name}") is False:
            yield f"gceSetup.shieldedInstanceConfig.{name} is off"
