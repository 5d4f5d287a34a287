"""``aws:sagemaker/endpointConfiguration:EndpointConfiguration``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.sagemaker_resource import SageMakerResource, name_rule
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, one_of

_VARIANTS = ("productionVariants", "shadowProductionVariants")


class EndpointConfiguration(SageMakerResource):
    """What an endpoint runs on; never changed, always replaced."""

    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    auto_name = AutoName("name", 63)
    names = {"name": "EndpointConfigName", "kmsKeyArn": "KmsKeyId"}
    create_operation = "CreateEndpointConfig"
    describe_operation = "DescribeEndpointConfig"
    delete_operation = "DeleteEndpointConfig"
    identity = "EndpointConfigName"
    arn_member = "EndpointConfigArn"
    immutable = frozenset(
        {
            "asyncInferenceConfig",
            "dataCaptureConfig",
            "executionRoleArn",
            "kmsKeyArn",
            "name",
            "namePrefix",
            "productionVariants",
            "region",
            "shadowProductionVariants",
        }
    )
    mutable = frozenset({"tags"})
    assumed = {"productionVariants[].initialVariantWeight": 1}
    sets = frozenset({"csvContentTypes", "jsonContentTypes", "includeInferenceResponseIns"})
    rules = (
        name_rule("name"),
        *(
            rule
            for variants in _VARIANTS
            for rule in (
                enumerated(
                    f"{variants}[].instanceType", "sagemaker", "ProductionVariantInstanceType"
                ),
                between(f"{variants}[].initialInstanceCount", 1, 1_000_000),
                between(f"{variants}[].initialVariantWeight", 0, 1e9),
                between(f"{variants}[].serverlessConfig.maxConcurrency", 1, 200),
                one_of(
                    f"{variants}[].serverlessConfig.memorySizeInMb",
                    {1024, 2048, 3072, 4096, 5120, 6144},
                ),
            )
        ),
        between("dataCaptureConfig.initialSamplingPercentage", 0, 100),
        one_of(
            "dataCaptureConfig.captureOptions[].captureMode",
            {"Input", "Output", "InputAndOutput"},
        ),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        parameters = super().request(inputs)
        for variant in parameters.get("ProductionVariants", ()):
            variant.setdefault("InitialVariantWeight", 1.0)
        for member in ("ProductionVariants", "ShadowProductionVariants"):
            for number, variant in enumerate(parameters.get(member, ()), start=1):
                variant.setdefault("VariantName", f"variant-{number}")
        return parameters
