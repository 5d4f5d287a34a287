"""Nothing starts before the system that is not signed."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Workbench notebook has secure boot",
    severity=Severity.MEDIUM,
    types=("gcp:workbench/instance:Instance",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("CKV_GCP_126",),
    remediation="set gce_setup.shielded_instance_config.enable_secure_boot",
    link="https://cloud.google.com/compute/shielded-vm/docs/shielded-vm",
)

check = equals("gceSetup.shieldedInstanceConfig.enableSecureBoot", True)
