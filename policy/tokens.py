"""One name for each kind of resource, whichever of its tokens a program uses."""

import re
from functools import cache

_VERSION = r"v\d+(?:(?:private)?preview)?"
_NATIVE = re.compile(rf"^azure-native(?:_[a-z0-9]+_{_VERSION})?:([a-z0-9]+)(?:/{_VERSION})?:")


@cache
def canonical(token: str) -> str:
    """The canonical form of a type token; rules name only that.

    * `aws:s3/bucketV2:BucketV2` and `aws:s3/bucketObjectv2:BucketObjectv2` are former and newer
      names of the same resource: they lose their ending.
    * `azure-native:storage/v20230101:StorageAccount` and the tokens of locally generated SDKs
      (`azure-native_storage_v20230101:storage:StorageAccount`) lose their API version.
    * `azure-native:insights:MetricAlert` is what `azure-native:monitor:MetricAlert` was called
      before version 3 of that provider.
    """
    if token.startswith("aws:"):
        return re.sub(r"[vV]2(?=:|$)", "", token)
    native = _NATIVE.sub(r"azure-native:\1:", token)
    return native.replace("azure-native:insights:", "azure-native:monitor:")
