"""One instance is one failure away from no answer, and cannot be in two zones."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.values import known

RULE = Rule(
    title="A production variant starts with more than one instance",
    severity=Severity.MEDIUM,
    types=("aws:sagemaker/endpointConfiguration:EndpointConfiguration",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("SageMaker.4", "sagemaker_endpoint_config_prod_variant_instances"),
    remediation="set initial_instance_count to 2 or more",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-4",
)


def check(resource: Resource) -> Iterator[str]:
    """Serverless variants have no instances to count."""
    for variant in resource.blocks("productionVariants"):
        if not variant.get("serverlessConfig"):
            count = known(variant.get("initialInstanceCount"), "initialInstanceCount")
            if (count or 1) < 2:
                yield f"variant {variant.get('variantName', '')} starts with {count or 1} instance"
