"""Each declaration is made once: importing and declaring takes seconds."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.unit.declared import Declaration, declare_aws

Declare = Callable[[str, bool], Declaration]


@pytest.fixture(scope="session")
def declared() -> Declare:
    """Declares a committed stack as it is: ``declared("prod", preview)``."""

    @cache
    def declare(stack: str, preview: bool) -> Declaration:
        return declare_aws(stack, preview=preview)

    return declare
