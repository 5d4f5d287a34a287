"""A runtime with a way to the internet can carry data out past every other control."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Colab runtime has no internet access",
    severity=Severity.HIGH,
    types=("gcp:colab/runtimeTemplate:RuntimeTemplate",),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV2_GCP_36",),
    remediation="set network_spec.enable_internet_access to false",
    link="https://cloud.google.com/colab/docs/create-runtime-template",
)

check = equals("networkSpec.enableInternetAccess", False)
