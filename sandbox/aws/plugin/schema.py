"""The types of the installed ``pulumi_aws``."""

from typing import Final

from sandbox.plugins.schema import ResourceSchema, Sdk, UnknownTokenError

__all__ = ["SDK", "UnknownTokenError", "resource", "sdk_version"]

SDK: Final = Sdk("pulumi_aws")


def sdk_version() -> str:
    """The version of the installed SDK, e.g. ``7.51.1``."""
    return SDK.version


def resource(token: str) -> ResourceSchema:
    """The schema of a resource token such as ``aws:s3/bucket:Bucket``.

    Raises:
        UnknownTokenError: when the SDK has no such resource.
    """
    return SDK.resource(token)
