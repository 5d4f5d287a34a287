"""TLS inside the server, for places where no gateway of a cloud ends it in front."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from user_errors import DataError


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """PEM files: the certificate (with its chain) and its private key."""

    certificate: Path
    key: Path


def read_certificate(environ: Mapping[str, str]) -> Certificate | None:
    """The files of SERVE_TLS_CERTIFICATE and SERVE_TLS_KEY, or None when neither is set.

    Raises DataError for one without the other and for files that do not make a pair.
    """
    certificate = environ.get("SERVE_TLS_CERTIFICATE", "")
    key = environ.get("SERVE_TLS_KEY", "")
    if not certificate and not key:
        return None
    if not (certificate and key):
        raise DataError("SERVE_TLS_CERTIFICATE and SERVE_TLS_KEY belong together: set both")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # An encrypted key would make OpenSSL ask on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise DataError(
            f"TLS cannot start with certificate {certificate} and key {key}: "
            f"{getattr(error, 'reason', None) or error.strerror or error}. Both must be PEM files "  # type: ignore[union-attr]
            "of one pair, the key without passphrase"
        ) from None
    return Certificate(certificate=Path(certificate), key=Path(key))
