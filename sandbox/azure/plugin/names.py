"""Automatic names as azure-native makes them, and what they mean for a replacement."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.naming import AutoName


@dataclass(frozen=True)
class RandomName(AutoName):
    """The resource's own name and eight hexadecimal digits, with nothing between them.

    A replacement of such a resource is made before the old one is deleted; of any other after it.
    """

    separator: str = ""
    digits: int = 8


@dataclass(frozen=True)
class RandomGuid(RandomName):
    """A GUID, for what Azure wants to have one."""

    digits: int = 32

    def made(self, name: str, digits: str) -> str:
        return str(uuid.UUID(hex=digits, version=4))


@dataclass(frozen=True)
class SameName(AutoName):
    """The resource's own name as it is, for what is inside of another resource."""

    def made(self, name: str, digits: str) -> str:
        return name


def is_random(auto: AutoName | None, inputs: Mapping[str, Any], chosen: object) -> bool:
    """Whether the provider made the name so that no two are the same."""
    if not isinstance(auto, RandomName) or not isinstance(chosen, list | tuple):
        return False
    return auto.property in inputs and auto.property in chosen
