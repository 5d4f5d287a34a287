"""Properties of resources as rules see them: plain values, and what is unknown or secret marked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

# The engine's own signatures:
# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"  # pragma: allowlist secret
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker, no secret  # pragma: allowlist secret
SENTINELS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """A value that is not known before the update. There is one, and its copies are it."""

    def __repr__(self) -> str:
        return "unknown"

    def __deepcopy__(self, _memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the state keeps encrypted; its text is never shown."""

    value: Any

    def __repr__(self) -> str:
        return "secret"


class UnknownValue(Exception):
    """A rule needs a value that is not known before the update."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def read(value: Any) -> Any:
    """`value` as the engine sends it or the state keeps it, its markers made objects."""
    if isinstance(value, str):
        return UNKNOWN if value in SENTINELS else value
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON knows one kind of number
    if isinstance(value, list):
        return [read(item) for item in value]
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            # A state that was exported without its secrets has their ciphertext only.
            return Secret(read(value["value"]) if "value" in value else UNKNOWN)
        return {key: read(item) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """`value` without the marks of secrets; unknown stays."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def known(value: Any, path: str) -> Any:
    """`value`, itself known and without unknown parts. Raises UnknownValue."""
    value = plain(value)
    for place, leaf in leaves(value, path):
        if leaf is UNKNOWN:
            raise UnknownValue(place)
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no list or object, with its path; a secret is a leaf."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}.{index}" if path else str(index))
    else:
        yield path, value
