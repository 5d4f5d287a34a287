"""Trimaran: one program for every environment. Settings in, one composition per enabled cloud."""

import gc

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from stacks import account
from stacks import settings as stack_settings
from stacks.account_settings import AccountSettings
from stacks.settings_errors import SettingsError


def main() -> None:
    """Reads the stack's settings and declares its clouds."""
    # Millions of small objects, none of them garbage: the collector would cost a fifth of the time.
    gc.disable()
    values = {**get_config_env(), **CONFIG.get()}
    try:
        settings = stack_settings.load(
            values,
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            preview=pulumi.runtime.is_dry_run(),
        )
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None

    if isinstance(settings, AccountSettings):
        account.declare(settings)
        return

    # A cloud's SDK takes a second or more to import: only those of enabled clouds are.
    source = None
    if "aws" in settings.clouds and settings.aws is not None:
        from stacks import aws

        exports, source = aws.declare_with_source(settings, settings.aws)
        pulumi.export("aws", exports)
    if "gcp" in settings.clouds and settings.gcp is not None:
        from stacks import gcp

        pulumi.export("gcp", gcp.declare(settings, settings.gcp, source))
    if "azure" in settings.clouds and settings.azure is not None:
        from stacks import azure

        pulumi.export("azure", azure.declare(settings, settings.azure, source))


main()
