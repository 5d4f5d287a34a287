"""A stack that declares what exists once per account, and no platform."""

import pulumi

from stacks.account_settings import AccountSettings


def declare(settings: AccountSettings) -> None:
    """Declares and exports it for every enabled cloud."""
    # A cloud's SDK takes a second or more to import: only those of enabled clouds are.
    if "aws" in settings.clouds and settings.aws is not None:
        from stacks import aws_account

        pulumi.export("aws", aws_account.declare(settings, settings.aws))
    if "gcp" in settings.clouds and settings.gcp is not None:
        from stacks import gcp_account

        pulumi.export("gcp", gcp_account.declare(settings.gcp))
    if "azure" in settings.clouds and settings.azure is not None:
        from stacks import azure_account

        pulumi.export("azure", azure_account.declare(settings, settings.azure))
