"""Tokens of identities: given by an endpoint like App Service's, checked by every API.

The endpoint is that of a managed identity on App Service, which Azure's libraries find by
``IDENTITY_ENDPOINT`` and ``IDENTITY_HEADER`` and may reach over plain HTTP. A token is a JWT as
Entra's are, for one audience and an hour, signed with a key of this state directory.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.azure.environment import TENANT
from sandbox.azure.errors import ApiError

LIFETIME: Final = 3600
API_VERSIONS: Final = ("2017-09-01", "2019-08-01")
PATH: Final = "/msi/token"
# The sandbox's own identity: a person's login, so to say.
CLIENT_ID: Final = str(uuid.uuid5(uuid.NAMESPACE_URL, "trimaran:sandbox:client"))
PRINCIPAL_ID: Final = str(uuid.uuid5(uuid.NAMESPACE_URL, "trimaran:sandbox:principal"))


@dataclass(frozen=True)
class Caller:
    """Whom a token stands for.

    Attributes:
        object_id: the principal's, which role assignments name.
        resource_id: of a user-assigned identity; empty for the sandbox's own.
    """

    object_id: str
    client_id: str
    tenant: str
    audience: str
    resource_id: str = ""


class Tokens:
    """Gives tokens and checks them.

    Attributes:
        header: what a request for a token must carry as ``X-IDENTITY-HEADER``.
        header_file: where it is kept, readable by its owner.
    """

    def __init__(self, directory: Path) -> None:
        """Open the directory's key, or make it."""
        self._key = _secret(directory / "token-key").encode()
        self.header_file = directory / "identity-header"
        self.header = _secret(self.header_file)
        self._issuer = f"https://sts.windows.net/{TENANT}/"

    def give(self, audience: str, *, caller: Caller | None = None, lifetime: int = LIFETIME) -> str:
        """A token for an audience; of the sandbox's own identity unless another is given."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": self._issuer,
            "iat": now,
            "nbf": now - 300,
            "exp": now + lifetime,
            "appid": caller.client_id if caller else CLIENT_ID,
            "appidacr": "2",
            "idp": self._issuer,
            "idtyp": "app",
            "oid": caller.object_id if caller else PRINCIPAL_ID,
            "sub": caller.object_id if caller else PRINCIPAL_ID,
            "tid": TENANT,
            "uti": secrets.token_urlsafe(12),
            "ver": "1.0",
        }
        if caller is not None and caller.resource_id:
            claims["xms_mirid"] = caller.resource_id
        head = _encoded({"typ": "JWT", "alg": "HS256", "kid": "sandbox"})
        text = f"{head}.{_encoded(claims)}"
        return f"{text}.{self._signature(text)}"

    def check(self, authorization: str, audiences: tuple[str, ...]) -> Caller:
        """Whose token an ``Authorization`` header has.

        Args:
            audiences: those that are right, with or without a slash at the end.

        Raises:
            ApiError: 401 with ``WWW-Authenticate``, for want of a token or because of the token.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self._refused(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            )
        text, _, signature = token.strip().rpartition(".")
        if not text or not hmac.compare_digest(signature, self._signature(text)):
            raise self._refused("InvalidAuthenticationToken", "The access token is invalid.")
        claims: dict[str, Any] = json.loads(_decoded(text.partition(".")[2]))
        if time.time() >= claims["exp"]:
            raise self._refused("ExpiredAuthenticationToken", "The access token has expired.")
        if claims["aud"].rstrip("/") not in {audience.rstrip("/") for audience in audiences}:
            allowed = ",".join(audiences)
            message = (
                "The access token has been obtained for wrong audience or resource "
                f"'{claims['aud']}'. It should exactly match with one of the allowed audiences "
                f"'{allowed}'."
            )
            raise self._refused("InvalidAuthenticationTokenAudience", message)
        return Caller(
            object_id=claims["oid"],
            client_id=claims["appid"],
            tenant=claims["tid"],
            audience=claims["aud"],
            resource_id=claims.get("xms_mirid", ""),
        )

    def _refused(self, code: str, message: str) -> ApiError:
        challenge = (
            f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT}", '
            f'error="invalid_token", error_description="{message}"'
        )
        return ApiError(401, code, message, headers={"www-authenticate": challenge})

    def _signature(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _secret(path: Path) -> str:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()


def _encoded(value: object) -> str:
    data = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
