"""Credentials that Google's libraries accept and that open nothing but this sandbox."""

import json
import os
import time
from pathlib import Path

from sandbox.gcp.context import Context
from sandbox.gcp.environment import PROJECT
from sandbox.gcp.router import Request
from sandbox.gcp.store import Record

EMAIL = f"sandbox@{PROJECT}.iam.gserviceaccount.com"
LIFETIME = 3600


def write(path: Path, url: str) -> None:
    """A service account's key file whose tokens come from ``url``; the key is made once."""
    key = None
    if path.exists():
        try:
            key = json.loads(path.read_bytes())
        except ValueError:
            key = None
    if key is not None and key.get("token_uri") == f"{url}/token":
        return
    content = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "sandbox",
        "private_key": key["private_key"] if key else _private_key(),
        "client_email": EMAIL,
        "client_id": "100000000000000000000",
        "token_uri": f"{url}/token",
        "universe_domain": "googleapis.com",
    }
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    temporary.replace(path)


def _private_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data.decode()


def _token(_: Request) -> Record:
    """Any assertion gets a token; nothing here checks one."""
    return {
        "access_token": f"sandbox-{int(time.time())}",
        "expires_in": LIFETIME,
        "token_type": "Bearer",
        "id_token": "sandbox",
    }


def install(context: Context) -> None:
    """The token endpoint, and the key file once the port is known."""
    context.route("POST", "/token", _token)
    context.on_start(lambda: write(context.credentials, context.url))
