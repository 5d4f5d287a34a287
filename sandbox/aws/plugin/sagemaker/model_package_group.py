"""``aws:sagemaker/modelPackageGroup:ModelPackageGroup``."""

from sandbox.aws.plugin.sagemaker_resource import SageMakerResource, name_rule


class ModelPackageGroup(SageMakerResource):
    """The versions of one model in the registry."""

    token = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
    behaviour = "recorded"
    create_operation = "CreateModelPackageGroup"
    describe_operation = "DescribeModelPackageGroup"
    delete_operation = "DeleteModelPackageGroup"
    identity = "ModelPackageGroupName"
    identified_by = "modelPackageGroupName"
    arn_member = "ModelPackageGroupArn"
    immutable = frozenset({"modelPackageGroupDescription", "modelPackageGroupName", "region"})
    mutable = frozenset({"tags"})
    rules = (name_rule("modelPackageGroupName"),)
