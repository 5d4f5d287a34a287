"""Texts that look like credentials: known shapes, and values under names that say so."""

import re
from typing import Final

_SHAPES: Final = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z ]+ )?PRIVATE KEY-----"),
    "a Google API key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "an Azure storage key": re.compile(r"\bAccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[\w-]{10,}"),
    "a URL with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@$<{]+@"),
}
_NAMES: Final = re.compile(
    r"(?:^|[_.\-])(?:\w*passw(?:or)?d|pwd|secret|secret_?key|api_?key|access_?key|auth_?token"
    r"|access_?token|client_?secret|private_?key|credentials?)$",
    re.IGNORECASE,
)
# What such a name may hold without giving anything away: a reference to where the secret is.
_REFERENCE: Final = re.compile(
    r"^(?:arn:|projects/|https://[\w.-]+\.vault\.|/subscriptions/|ssm:|\$\{|\{\{|/|$)|^\w{0,7}$"
    r"|^(?:true|false|null|none|enabled|disabled|required|optional)$",
    re.IGNORECASE,
)
_ASSIGNED: Final = re.compile(
    r"(?:passw(?:or)?d|secret|api_?key|token)\w*[\"']?\s*[:=]\s*[\"']?([^\s\"'$]{8,})",
    re.IGNORECASE,
)


def told_by_shape(text: str) -> str | None:
    """What kind of credential a text holds; None for no known one."""
    return next((kind for kind, shape in _SHAPES.items() if shape.search(text)), None)


def told_by_name(name: str, value: str) -> bool:
    """Whether `value` looks like the secret that `name` (snake, kebab or camel case) announces."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.lstrip("-"))
    return _NAMES.search(words) is not None and not _REFERENCE.search(value)


def in_script(text: str) -> str | None:
    """What kind of credential a script holds, assignments to telling names included."""
    if kind := told_by_shape(text):
        return kind
    found = _ASSIGNED.search(text)
    return "a password or token" if found and not _REFERENCE.search(found[1]) else None
