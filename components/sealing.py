"""What the clouds say alike of a raw table that is sealed before it leaves this machine.

model_code/encryption seals, model_code/sealed_table.py opens; docs/encryption.md tells how.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# As model_code/sealed_table.py takes it away.
_ENDING: Final = ".sealed"


@dataclass(frozen=True, kw_only=True)
class Seal:
    """What a sealed table is bound to; whoever opens it must say the same."""

    dataset: str
    purpose: str

    @property
    def context(self) -> Mapping[str, str]:
        """The context, as the key services are told it."""
        return {"dataset": self.dataset, "purpose": self.purpose}

    @property
    def arguments(self) -> Mapping[str, str]:
        """What a preparation is told; the key, which is known later, comes as ``--seal_key``."""
        return {"--seal_dataset": self.dataset, "--seal_purpose": self.purpose}


def stored_name(file_name: str, seal: Seal | None) -> str:
    """The file's name in a lake: sealed or not, one look tells."""
    return file_name if seal is None else f"{file_name}{_ENDING}"
