"""What no rule looks at would pass unseen: the generated providers name everything differently."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import ANY, Rule, Severity

BRIDGED = {"aws-native": "aws", "google-native": "gcp"}

RULE = Rule(
    title="A resource of a cloud comes from a provider that the rules know",
    severity=Severity.HIGH,
    types=(ANY,),
    gdpr=("32",),
    hipaa=("164.312(a)(1)",),
    remediation="declare it with the provider that is named, or exempt it with a reason",
    link="https://www.pulumi.com/docs/iac/concepts/resources/providers/",
)


def check(resource: Resource) -> Iterator[str]:
    """AWS is known as aws, GCP as gcp, Azure as azure-native and azure."""
    if bridged := BRIDGED.get(resource.cloud):
        yield f"no rule looks at resources of {resource.cloud}, only at those of {bridged}"
