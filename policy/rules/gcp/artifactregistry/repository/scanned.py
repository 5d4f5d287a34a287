"""Known weaknesses in an image are reported."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="Images in an Artifact Registry repository are scanned",
    severity=Severity.MEDIUM,
    types=("gcp:artifactregistry/repository:Repository",),
    gdpr=("32",),
    hipaa=("164.308(a)(1)(ii)(D)",),
    controls=("artifacts_container_analysis_enabled",),
    remediation="leave out vulnerability_scanning_config.enablement_config",
    link="https://cloud.google.com/artifact-registry/docs/analysis",
)

check = differs("vulnerabilityScanningConfig.enablementConfig", "DISABLED")
