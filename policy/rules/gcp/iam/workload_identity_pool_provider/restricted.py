"""A provider without a condition trusts every account of its issuer, such as all of GitHub."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A workload identity provider trusts named identities only",
    severity=Severity.CRITICAL,
    types=("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("CKV_GCP_118", "iam_workload_identity_pool_provider_attribute_condition"),
    remediation="set attribute_condition",
    link="https://cloud.google.com/iam/docs/workload-identity-federation",
)


def check(provider: Resource) -> Iterator[str]:
    """An AWS provider names its account; others need a condition on what the token says."""
    if provider.has("aws.accountId"):
        return
    condition = str(provider.get("attributeCondition", "")).strip()
    if (
        "assertion." not in condition
        and "attribute." not in condition
        and "google." not in condition
    ):
        yield f"attributeCondition is {condition or 'not set'}: it asks nothing of the identity"
