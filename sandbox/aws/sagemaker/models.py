"""Models and endpoint configurations: what an endpoint is made of."""

from typing import Any

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.sagemaker.records import Record, Records, arn, listing, now
from sandbox.aws.validation import validate

# Members every variant must have one of.
_CONFIG_FIELDS = [
    "EndpointConfigName",
    "ProductionVariants",
    "DataCaptureConfig",
    "KmsKeyId",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
]
_MODEL_FIELDS = [
    "ModelName",
    "PrimaryContainer",
    "Containers",
    "InferenceExecutionConfig",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
]


class Models:
    """Operations on models."""

    def __init__(self, context: Context) -> None:
        self.records = Records(context, "models")
        for name, handler in (
            ("CreateModel", self.create),
            ("DescribeModel", self.describe),
            ("ListModels", self.list_all),
            ("DeleteModel", self.delete),
        ):
            context.operation("sagemaker", name, handler)

    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        validate("sagemaker", "CreateModel", params)
        if bool(params.get("PrimaryContainer")) == bool(params.get("Containers")):
            raise Refusal(
                "ValidationException",
                "Exactly one of PrimaryContainer and Containers must be provided.",
            )
        if len(params.get("Containers", [])) > 1:
            raise Refusal(
                "NotImplemented", "The sandbox does not support models of several containers."
            )
        name = params["ModelName"]
        model_arn = arn(call, "model", name)
        with self.records.lock:
            if self.records.find(call, name) is not None:
                raise Refusal(
                    "ValidationException", f'Cannot create already existing model "{model_arn}".'
                )
            record: Record = {key: params[key] for key in _MODEL_FIELDS if key in params}
            record.setdefault("EnableNetworkIsolation", False)
            record |= {
                "ModelArn": model_arn,
                "CreationTime": now(),
                "LastModifiedTime": now(),
                "Tags": params.get("Tags", []),
            }
            self.records.add(call, name, record)
        return {"ModelArn": model_arn}

    def get(self, call: Call, name: str) -> Record:
        record = self.records.find(call, name)
        if record is None:
            model_arn = arn(call, "model", name)
            raise Refusal("ValidationException", f'Could not find model "{model_arn}".')
        return record

    def describe(self, call: Call) -> Record:
        return self.get(call, call.params["ModelName"])

    def list_all(self, call: Call) -> dict[str, Any]:
        return listing(call, self.records.here(call), result="Models", name="ModelName")

    def delete(self, call: Call) -> None:
        """The cloud lets one delete a model that serves; its endpoints go on."""
        name = call.params["ModelName"]
        self.records.remove(self.get(call, name), name)


class EndpointConfigs:
    """Operations on endpoint configurations."""

    def __init__(self, context: Context, models: Models) -> None:
        self._models = models
        self.records = Records(context, "endpoint_configs")
        for name, handler in (
            ("CreateEndpointConfig", self.create),
            ("DescribeEndpointConfig", self.describe),
            ("ListEndpointConfigs", self.list_all),
            ("DeleteEndpointConfig", self.delete),
        ):
            context.operation("sagemaker", name, handler)

    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        validate("sagemaker", "CreateEndpointConfig", params)
        for field in ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants"):
            if params.get(field):
                raise Refusal("NotImplemented", f"The sandbox does not support {field}.")
        names = [variant["VariantName"] for variant in params["ProductionVariants"]]
        if len(names) != len(set(names)):
            raise Refusal("ValidationException", "Variant names must be unique.")
        for variant in params["ProductionVariants"]:
            self._check_variant(call, variant)
        name = params["EndpointConfigName"]
        config_arn = arn(call, "endpoint-config", name)
        with self.records.lock:
            if self.records.find(call, name) is not None:
                raise Refusal(
                    "ValidationException",
                    f'Cannot create already existing endpoint configuration "{config_arn}".',
                )
            record: Record = {key: params[key] for key in _CONFIG_FIELDS if key in params}
            record |= {
                "EndpointConfigArn": config_arn,
                "CreationTime": now(),
                "LastModifiedTime": now(),
                "Tags": params.get("Tags", []),
            }
            self.records.add(call, name, record)
        return {"EndpointConfigArn": config_arn}

    def _check_variant(self, call: Call, variant: dict[str, Any]) -> None:
        name = variant["VariantName"]
        if not variant.get("ModelName"):
            raise Refusal(
                "NotImplemented",
                f"The sandbox does not support inference components (variant {name} has no "
                "ModelName).",
            )
        self._models.get(call, variant["ModelName"])
        serverless = variant.get("ServerlessConfig")
        if serverless is None:
            for field in ("InstanceType", "InitialInstanceCount"):
                if not variant.get(field):
                    raise Refusal(
                        "ValidationException",
                        f"{field} is required for production variant {name} unless it has a "
                        "ServerlessConfig.",
                    )
        elif variant.get("InstanceType") or variant.get("InitialInstanceCount"):
            raise Refusal(
                "ValidationException",
                f"InstanceType and InitialInstanceCount must not be given for production variant "
                f"{name}, which has a ServerlessConfig.",
            )
        variant.setdefault("InitialVariantWeight", 1.0)

    def get(self, call: Call, name: str) -> Record:
        record = self.records.find(call, name)
        if record is None:
            config_arn = arn(call, "endpoint-config", name)
            raise Refusal(
                "ValidationException", f'Could not find endpoint configuration "{config_arn}".'
            )
        return record

    def describe(self, call: Call) -> Record:
        return self.get(call, call.params["EndpointConfigName"])

    def list_all(self, call: Call) -> dict[str, Any]:
        return listing(
            call, self.records.here(call), result="EndpointConfigs", name="EndpointConfigName"
        )

    def delete(self, call: Call) -> None:
        """The cloud lets one delete a configuration in use; its endpoints go on."""
        name = call.params["EndpointConfigName"]
        self.records.remove(self.get(call, name), name)
