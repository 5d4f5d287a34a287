"""Credentials that Google's libraries accept and that open nothing but this sandbox.

They are of the kind of a workload identity federation: a token of this machine is exchanged for
an access token, and the place to exchange it is the sandbox. There is no key to keep, and unlike
with a service account's key the libraries ask no server of Google's about the account.
"""

import os
import secrets
import time
from pathlib import Path

from sandbox.gcp.context import Context
from sandbox.gcp.environment import PROJECT
from sandbox.router import Request
from sandbox.state import write_json
from sandbox.store import Record

EMAIL = f"sandbox@{PROJECT}.iam.gserviceaccount.com"
LIFETIME = 3600
TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"  # noqa: S105 - the name of a kind of token


def write(path: Path, url: str) -> None:
    """The configuration whose tokens come from ``url``, and the token of this machine beside it."""
    subject = path.with_name("subject-token")
    if not subject.exists():
        descriptor = os.open(subject, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    write_json(
        path,
        {
            "type": "external_account",
            "audience": "//sandbox.localhost/trimaran",
            "subject_token_type": f"{TOKEN_TYPE}jwt",
            "token_url": f"{url}/token",
            "credential_source": {"file": str(subject)},
            "universe_domain": "googleapis.com",
        },
    )


def _token(_: Request) -> Record:
    """Any token is exchanged; nothing here checks one."""
    return {
        "access_token": f"sandbox-{int(time.time())}",
        "issued_token_type": f"{TOKEN_TYPE}access_token",
        "expires_in": LIFETIME,
        "token_type": "Bearer",
    }


def install(context: Context) -> None:
    """The token endpoint, and the configuration once the port is known."""
    context.route("POST", "/token", _token)
    context.on_start(lambda: write(context.credentials, context.url))
