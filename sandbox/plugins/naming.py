"""Automatic names, as pulumi-aws gives them: ``<resource name>-<7 hexadecimal digits>``.

Other providers have another separator and another number of digits.

Source: ``NewUniqueName`` in pulumi's ``sdk/go/common/resource`` and the auto-naming of
pulumi-terraform-bridge (``pkg/tfbridge/names.go``).
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin import CheckFailure

_DIGITS = 7
_PREFIX_DIGITS = 26


def _same(name: str) -> str:
    return name


@dataclass(frozen=True)
class AutoName:
    """Which property is named automatically, how long it may be and what it is made of."""

    property: str = "name"
    longest: int = 255
    transform: Callable[[str], str] = _same
    separator: str = "-"
    digits: int = _DIGITS

    def fill(
        self, inputs: dict[str, Any], name: str, seed: bytes, failures: list[CheckFailure]
    ) -> None:
        """Sets the property when it is not given, honouring a name prefix."""
        if inputs.get(self.property) is not None:
            return
        prefix = inputs.get(f"{self.property}Prefix")
        if isinstance(prefix, str):
            inputs[self.property] = prefix + digits_of(seed, name, _PREFIX_DIGITS)
            return
        wanted = self.made(name, digits_of(seed, name, self.digits))
        if len(wanted) > self.longest:
            reason = (
                f"the automatic name {wanted!r} would be longer than {self.longest} characters: "
                f"shorten the resource's name or set {self.property!r}"
            )
            failures.append(CheckFailure(property=self.property, reason=reason))
        inputs[self.property] = wanted

    def made(self, name: str, digits: str) -> str:
        """The automatic name of the resource that the program calls ``name``."""
        return self.transform(f"{name}{self.separator}{digits}")


def digits_of(seed: bytes, name: str, count: int) -> str:
    """Hexadecimal digits for a name."""
    # Stable within one update, new in the next: a replacement needs another name.
    material = seed or secrets.token_bytes(16)
    return hashlib.sha256(material + name.encode()).hexdigest()[:count]


def kept_name(auto: AutoName, old: Mapping[str, Any], inputs: dict[str, Any]) -> bool:
    """Takes over the automatic name of the last update; false when there is none."""
    if inputs.get(auto.property) is not None or auto.property not in old.get("__defaults", ()):
        return False
    if old.get(f"{auto.property}Prefix") != inputs.get(f"{auto.property}Prefix"):
        return False
    inputs[auto.property] = old[auto.property]
    return True
