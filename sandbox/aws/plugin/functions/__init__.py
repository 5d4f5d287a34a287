"""The functions (Invokes) of the provider, one file each."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from plugin import Context
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.functions.get_availability_zones import get_availability_zones
from sandbox.aws.plugin.functions.get_caller_identity import get_caller_identity
from sandbox.aws.plugin.functions.get_partition import get_partition
from sandbox.aws.plugin.functions.get_policy_document import get_policy_document
from sandbox.aws.plugin.functions.get_prebuilt_ecr_image import get_prebuilt_ecr_image
from sandbox.aws.plugin.functions.get_region import get_region

Function = Callable[[Cloud, Mapping[str, Any]], Mapping[str, Any]]

NO_CONTEXT: Final = Context()

FUNCTIONS: Final[Mapping[str, Function]] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": get_policy_document,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getRegion:getRegion": get_region,
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": get_prebuilt_ecr_image,
}
