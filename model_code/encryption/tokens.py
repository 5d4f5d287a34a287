"""Small values as Fernet tokens, which any implementation of Fernet reads.

Several keys are several generations: the first one makes tokens, all of them open tokens, and
`rotate` brings an old token to the first one without showing its value. A token says neither what
it is for nor when it ends: that is the caller's.
"""

from collections.abc import Sequence
from pathlib import Path

from .errors import EncryptionError, NotAuthentic


def new_key() -> str:
    """A key for the first line of a key file."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def read_keys(path: Path) -> tuple[str, ...]:
    """The keys of a file, one a line, the newest first.

    Raises EncryptionError when the file is missing, empty or readable by others.
    """
    try:
        others = path.stat().st_mode & 0o077
        keys = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    except OSError as error:
        raise EncryptionError(f"key file {path} cannot be read: {error.strerror}") from None
    if others:
        raise EncryptionError(f"key file {path} is open to other users: chmod 600 {path}")
    if not keys:
        raise EncryptionError(f"key file {path} is empty: it needs a Fernet key a line")
    return keys


class Tokens:
    """Makes, opens and renews tokens with keys given newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise EncryptionError(
                "a key is no Fernet key: 32 bytes in URL-safe base64, as `token new-key` prints"
            ) from None

    def encrypt(self, value: bytes) -> str:
        return self._fernet.encrypt(value).decode()

    def decrypt(self, token: str) -> bytes:
        """Raises NotAuthentic for anything that none of the keys made."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(token.encode())
        except InvalidToken:
            raise NotAuthentic("the token was changed, or none of the keys made it") from None

    def rotate(self, token: str) -> str:
        """The token's value in a token of the newest key, with the old one's time.

        Raises NotAuthentic as `decrypt`.
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.rotate(token.encode()).decode()
        except InvalidToken:
            raise NotAuthentic("the token was changed, or none of the keys made it") from None
