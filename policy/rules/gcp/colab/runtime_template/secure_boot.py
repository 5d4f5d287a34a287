"""Nothing starts before the system that is not signed."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Colab runtime has secure boot",
    severity=Severity.MEDIUM,
    types=("gcp:colab/runtimeTemplate:RuntimeTemplate",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("CKV_GCP_126",),
    remediation="set shielded_vm_config.enable_secure_boot",
    link="https://cloud.google.com/compute/shielded-vm/docs/shielded-vm",
)

check = equals("shieldedVmConfig.enableSecureBoot", True)
