"""The tags of all that a stack declares, in each cloud."""

import pulumi

from components.tags import base_tags
from stacks.common_settings import CommonSettings


def stack_tags(settings: CommonSettings) -> dict[str, str]:
    """Platform, environment, owner, data class and purpose, as this stack's settings have them."""
    return base_tags(
        project=pulumi.get_project(),
        stack=pulumi.get_stack(),
        owner=settings.owner,
        data_class=settings.data_class,
        purpose=settings.purpose,
    )
