"""The functions (Invokes) of the provider: none, for previews have no credentials to ask with."""

from typing import Final

FUNCTIONS: Final[dict[str, object]] = {}
