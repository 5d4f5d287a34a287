"""Notebooks keep copies of the data they look at."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="The disks of a Workbench notebook are encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:workbench/instance:Instance",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV2_GCP_21", "CKV2_GCP_27", "CKV2_GCP_35"),
    remediation="set disk_encryption to CMEK and kms_key on boot_disk and data_disks",
    link="https://cloud.google.com/vertex-ai/docs/workbench/instances/cmek",
)


def check(notebook: Resource) -> Iterator[str]:
    """The boot disk always exists; the data disk is there by default, with Google's key."""
    for path in ("gceSetup.bootDisk", "gceSetup.dataDisks"):
        if notebook.get(f"{path}.diskEncryption") != "CMEK":
            yield f"{path}.diskEncryption is not CMEK"
        elif not notebook.has(f"{path}.kmsKey"):
            yield f"{path}.kmsKey is not set"
