"""Who may ask: `Authorization: Bearer KEY`, where no gateway of a cloud checks it in front.

Several keys are accepted at a time, so that one can be replaced while the other is in use. They
come from files (SERVE_KEY_FILES, one key each, such as a secret volume's) or, on a terminal, from
SERVE_KEYS. Only their digests are kept: nothing can log or show a key.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send
from user_errors import DataError

# Short ones can be guessed; Azure's own have 32 characters and more.
_SHORTEST = 32
# Platforms probe without a key. The answers say nothing that the open port does not.
PUBLIC_PATHS = ("/", "/ping")


class Keys:
    """The accepted keys; none means that everybody may ask."""

    def __init__(self, keys: "tuple[str, ...]" = ()) -> None:
        self._digests = tuple(hashlib.sha256(key.encode()).digest() for key in keys)

    def __bool__(self) -> bool:
        return bool(self._digests)

    def accept(self, key: bytes) -> bool:
        """Whether this is one of the keys, in a time that does not depend on which, or how far."""
        digest = hashlib.sha256(key).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(matches)


def read_keys(environ: Mapping[str, str]) -> Keys:
    """The keys. Raises DataError for a file that cannot be read and a key that is too short."""
    keys = [key.strip() for key in environ.get("SERVE_KEYS", "").split(",") if key.strip()]
    for name in filter(None, (name.strip() for name in _list(environ, "SERVE_KEY_FILES"))):
        try:
            keys.append(Path(name).read_text(encoding="ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no ASCII text"
            raise DataError(
                f"the key file {name} of SERVE_KEY_FILES cannot be read: {reason}"
            ) from None
    if any(len(key) < _SHORTEST for key in keys):
        raise DataError(
            f"a key of SERVE_KEY_FILES or SERVE_KEYS has fewer than {_SHORTEST} characters: make "
            "one with `openssl rand -hex 32`"
        )
    if not keys and ("SERVE_KEYS" in environ or "SERVE_KEY_FILES" in environ):
        # Somebody meant to close the door.
        raise DataError("SERVE_KEYS and SERVE_KEY_FILES name no key: set one or unset both")
    return Keys(tuple(keys))


def _list(environ: Mapping[str, str], name: str) -> list[str]:
    return environ.get(name, "").split(",")


class KeyCheck:
    """Middleware: 401 without one of the keys, on every path that is not public."""

    def __init__(self, app: ASGIApp, *, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] != "http" or scope["path"] in PUBLIC_PATHS or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        body = json.dumps({"message": "send a valid key: Authorization: Bearer KEY"}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"www-authenticate", b'Bearer realm="score"'),
            # The body that follows is not read for a stranger.
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _allowed(self, scope: Scope) -> bool:
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(sent) != 1:
            return False
        scheme, _, key = sent[0].partition(b" ")
        return scheme.lower() == b"bearer" and self._keys.accept(key.strip())
