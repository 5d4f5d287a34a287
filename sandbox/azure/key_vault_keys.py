"""The keys of a vault by its own API: read, rotate, wrap and unwrap, with real RSA keys.

All vaults answer on this cloud's one port, the vault's name before the path:
``/keyvault/VAULT.vault.azure.net/keys/…``. A token is checked, but whose it is counts for nothing:
neither access policies nor role assignments are enforced.
"""

import base64
import secrets
import time
from collections.abc import Callable

from sandbox.azure.context import Context
from sandbox.azure.environment import TENANT
from sandbox.azure.errors import ApiError, bad_request, not_found
from sandbox.azure.types.key_vault import VAULTS
from sandbox.store import Record
from sandbox.wire import Request

BASE = "/keyvault/{vault}/keys/{name}"
AUDIENCE = "https://vault.azure.net"
_MATERIAL = "vault key material"
_SIZE = 2048
_ALGORITHMS = ("RSA-OAEP", "RSA-OAEP-256")


class VaultKeys:
    """Versions of the keys that Resource Manager knows; their material is made when first used."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def read(self, request: Request) -> Record:
        return self._bundle(*self._version(request))

    def rotate(self, request: Request) -> Record:
        with self._context.store.transaction():
            record = self._record(request)
            material = self._material(record)
            _permit(record)
            material["versions"].append(_new_version(record, secrets.token_hex(16)))
            self._context.store.put(_MATERIAL, str(record["id"]).lower(), material)
            return self._bundle(record, material["versions"][-1])

    def wrap(self, request: Request) -> Record:
        record, version = self._version(request)
        _permit(record, "wrapKey")
        key, value = _private(version).public_key(), _given(request)
        try:
            return _result(record, version, key.encrypt(value, _padding(request)))
        except ValueError:
            raise bad_request("The value is too long for this key.", "BadParameter") from None

    def unwrap(self, request: Request) -> Record:
        record, version = self._version(request)
        _permit(record, "unwrapKey")
        try:
            plain = _private(version).decrypt(_given(request), _padding(request))
        except ValueError:
            raise bad_request("The parameter is incorrect.", "BadParameter") from None
        return _result(record, version, plain)

    def _record(self, request: Request) -> Record:
        self._authenticate(request)
        host, name = request.variables["vault"].lower(), request.variables["name"]
        resources = self._context.resources
        for vault in resources.of_type(VAULTS):
            if vault["properties"]["vaultUri"] == f"https://{host}/":
                record = resources.get(f"{vault['id']}/keys/{name}")
                if record is not None:
                    return record
        raise not_found(
            f"A key with (name/id) {name} was not found in this key vault.", "KeyNotFound"
        )

    def _authenticate(self, request: Request) -> None:
        try:
            self._context.tokens.check(request.headers.get("authorization", ""), (AUDIENCE,))
        except ApiError as error:
            # Clients learn from it which tenant to ask for a token for which resource.
            login = f"https://login.microsoftonline.com/{TENANT}"
            challenge = f'Bearer authorization="{login}", resource="{AUDIENCE}"'
            raise ApiError(
                401, "Unauthorized", error.message, headers={"www-authenticate": challenge}
            ) from None

    def _material(self, record: Record) -> Record:
        """The versions of a key, the first one as Resource Manager named it."""
        if not record["properties"]["kty"].startswith("RSA"):
            raise bad_request("Only RSA keys have material in this sandbox.", "BadParameter")
        first = record["properties"]["keyUriWithVersion"].rsplit("/", 1)[-1]
        name = str(record["id"]).lower()
        with self._context.store.transaction():
            found = self._context.store.get(_MATERIAL, name)
            # An earlier key of this name was purged.
            if found is None or found["versions"][0]["version"] != first:
                found = {"versions": [_new_version(record, first)]}
                self._context.store.put(_MATERIAL, name, found)
        return found

    def _version(self, request: Request) -> tuple[Record, Record]:
        record = self._record(request)
        versions = self._material(record)["versions"]
        wanted = request.variables.get("version")
        if not wanted:
            return record, versions[-1]
        for version in versions:
            if version["version"] == wanted:
                return record, version
        name = f"{request.variables['name']}/{wanted}"
        raise not_found(
            f"A key with (name/id) {name} was not found in this key vault.", "KeyNotFound"
        )

    @staticmethod
    def _bundle(record: Record, version: Record) -> Record:
        numbers = _private(version).public_key().public_numbers()
        properties = record["properties"]
        attributes = {**properties["attributes"], "created": version["created"]}
        return {
            "key": {
                "kid": _identifier(record, version),
                "kty": properties["kty"],
                "key_ops": _operations(record),
                "n": _base64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
                "e": _base64(numbers.e.to_bytes(3, "big")),
            },
            "attributes": {**attributes, "updated": version["created"]},
            "tags": record.get("tags", {}),
        }


def _new_version(record: Record, version: str) -> Record:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    size = int(record["properties"].get("keySize") or _SIZE)
    key = rsa.generate_private_key(public_exponent=65537, key_size=size)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {"version": version, "pem": pem.decode(), "created": int(time.time())}


def _private(version: Record):  # type: ignore[no-untyped-def]  # cryptography is imported late
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(version["pem"].encode(), password=None)


def _padding(request: Request):  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    algorithm = request.json().get("alg")
    if algorithm not in _ALGORITHMS:
        raise bad_request(
            f"Key and signing algorithm are incompatible: {algorithm}.", "BadParameter"
        )
    digest = hashes.SHA256() if algorithm == "RSA-OAEP-256" else hashes.SHA1()  # noqa: S303
    return padding.OAEP(mgf=padding.MGF1(digest), algorithm=digest, label=None)


def _operations(record: Record) -> list[str]:
    default = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
    return record["properties"].get("keyOps") or default


def _permit(record: Record, operation: str | None = None) -> None:
    if not record["properties"]["attributes"].get("enabled", True):
        raise ApiError(403, "Forbidden", "Operation is not allowed on a disabled key.")
    if operation and operation not in _operations(record):
        raise ApiError(403, "Forbidden", f"Operation {operation} is not permitted on this key.")


def _given(request: Request) -> bytes:
    text = str(request.json().get("value") or "")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise bad_request("The property 'value' is no base64url.", "BadParameter") from None


def _identifier(record: Record, version: Record) -> str:
    return f"{record['properties']['keyUri']}/{version['version']}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _result(record: Record, version: Record, value: bytes) -> Record:
    return {"kid": _identifier(record, version), "value": _base64(value)}


def install(context: Context) -> None:
    """Answer for every vault."""
    keys = VaultKeys(context)
    routes: tuple[tuple[str, str, Callable[[Request], Record]], ...] = (
        ("GET", "", keys.read),
        ("GET", "/", keys.read),
        ("GET", "/{version}", keys.read),
        ("POST", "/rotate", keys.rotate),
        # Without a version the newest is meant; clients then leave its place empty.
        ("POST", "//wrapkey", keys.wrap),
        ("POST", "//unwrapkey", keys.unwrap),
        ("POST", "/{version}/wrapkey", keys.wrap),
        ("POST", "/{version}/unwrapkey", keys.unwrap),
    )
    for method, path, handler in routes:
        context.route(method, BASE + path, handler)
