"""Address ranges as EC2 wants them."""

import ipaddress
from typing import Any

from sandbox.plugins.rules import Rule, each


def cidr_block(path: str, shortest: int = 0, longest: int = 32) -> Rule:
    """The text must be an IPv4 range in canonical form, its prefix within bounds."""

    def fault(value: Any) -> str | None:
        try:
            network = ipaddress.IPv4Network(value, strict=False)
        except ValueError:
            return f"{value!r} is not a valid IPv4 CIDR block"
        if str(network) != value:
            return f"{value!r} is not a valid IPv4 CIDR block; did you mean {str(network)!r}?"
        if not shortest <= network.prefixlen <= longest:
            return f"expected {value!r} to have a prefix between {shortest} and {longest}"
        return None

    return each(path, fault)
