"""The clouds' own price APIs, one module each."""

from collections.abc import Mapping

from tools.cost.prices import Live


def apis() -> Mapping[str, Live]:
    """The APIs that can be asked with what this machine has."""
    return {}
