"""``aws:sagemaker/model:Model``."""

from sandbox.aws.plugin.sagemaker_resource import SageMakerResource, name_rule
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import exactly_one


class Model(SageMakerResource):
    """A model: image, data and environment."""

    token = "aws:sagemaker/model:Model"
    auto_name = AutoName("name", 63)
    names = {"name": "ModelName"}
    create_operation = "CreateModel"
    describe_operation = "DescribeModel"
    delete_operation = "DeleteModel"
    identity = "ModelName"
    arn_member = "ModelArn"
    immutable = frozenset(
        {
            "containers",
            "enableNetworkIsolation",
            "executionRoleArn",
            "inferenceExecutionConfig",
            "name",
            "primaryContainer",
            "region",
            "vpcConfig",
        }
    )
    mutable = frozenset({"tags"})
    sets = frozenset({"securityGroupIds", "subnets"})
    rules = (name_rule("name"), exactly_one("primaryContainer", "containers"))
