"""Cloud KMS: key rings, keys and versions. Symmetric keys really encrypt and decrypt.

Like in the cloud, rings and keys cannot be deleted, and a key that another service is to use must
be granted to that service's agent first.
"""

import base64
import os
import re

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError, invalid, not_found, precondition
from sandbox.gcp.paging import page
from sandbox.gcp.recorded import policies
from sandbox.gcp.recorded.collection import Collection, visible
from sandbox.router import Request
from sandbox.store import Record

RING = "projects/{project}/locations/{location}/keyRings/{ring}"
ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
ID = r"[a-zA-Z0-9_-]{1,63}"
SHORTEST_ROTATION = 86400
_KEY = re.compile(r"(projects/([^/]+)/locations/[^/]+/keyRings/[^/]+)/cryptoKeys/[^/]+")
_KEYS = "cryptoKeys of projects/*/locations/*/keyRings/*"


class _Keys(Collection):
    def create(self, request: Request) -> Record:
        ring = self.parent_name(request)
        if self.context.store.get("keyRings of projects/*/locations/*", ring) is None:
            raise not_found(f"KeyRing {ring}")
        return super().create(request)


def _complete_key(record: Record, request: Request) -> None:
    if record.get("purpose", "PURPOSE_UNSPECIFIED") == "PURPOSE_UNSPECIFIED":
        raise invalid("The request does not specify the purpose of the CryptoKey.")
    template = record.setdefault("versionTemplate", {})
    template.setdefault("protectionLevel", "SOFTWARE")
    template.setdefault("algorithm", "GOOGLE_SYMMETRIC_ENCRYPTION")
    record.setdefault("destroyScheduledDuration", "2592000s")
    record["_versions"] = []
    if not request.flag("skipInitialVersionCreation"):
        _add_version(record)
        if record["purpose"] == "ENCRYPT_DECRYPT":
            record["primary"] = visible(record["_versions"][0])


def _add_version(record: Record) -> Record:
    moment = now()
    version: Record = {
        "name": f"{record['name']}/cryptoKeyVersions/{len(record['_versions']) + 1}",
        "state": "ENABLED",
        "protectionLevel": record["versionTemplate"]["protectionLevel"],
        "algorithm": record["versionTemplate"]["algorithm"],
        "createTime": moment,
        "generateTime": moment,
        "_material": base64.b64encode(os.urandom(32)).decode(),
    }
    record["_versions"].append(version)
    return version


def _check_key(_: Record | None, new: Record) -> None:
    period = new.get("rotationPeriod")
    if period is None:
        return
    if new["purpose"] != "ENCRYPT_DECRYPT":
        raise invalid("rotation_period can only be set for purpose ENCRYPT_DECRYPT.")
    try:
        seconds = float(str(period).removesuffix("s"))
    except ValueError as error:
        raise invalid(f"Invalid rotation_period {period!r}.") from error
    if seconds < SHORTEST_ROTATION:
        raise invalid("rotation_period must be at least 24 hours.")
    if not new.get("nextRotationTime"):
        raise invalid("next_rotation_time must be set when rotation_period is set.")


class _Versions:
    """Versions live inside their key's record."""

    def __init__(self, context: Context, keys: Collection) -> None:
        self._context, self._keys = context, keys
        key = f"/v1/{RING}/cryptoKeys/{{id}}"
        base = f"{key}/cryptoKeyVersions"
        context.route("GET", base, self._list)
        context.route("POST", base, self._create)
        context.route("GET", f"{base}/{{version}}", self._get)
        context.route("PATCH", f"{base}/{{version}}", self._patch)
        context.route("POST", f"{base}/{{version}}:destroy", self._destroy)
        context.route("POST", f"{base}/{{version}}:restore", self._restore)
        context.route("POST", f"{key}:updatePrimaryVersion", self._update_primary)
        context.route("POST", f"{key}:encrypt", self._encrypt)
        context.route("POST", f"{key}:decrypt", self._decrypt)

    def _list(self, request: Request) -> Record:
        found = [visible(version) for version in self._keys.find(request)["_versions"]]
        return page(request, "cryptoKeyVersions", found)

    def _create(self, request: Request) -> Record:
        with self._context.store.transaction():
            key = self._keys.find(request)
            version = _add_version(key)
            self._keys.save(key)
        return visible(version)

    @staticmethod
    def _of(key: Record, number: str) -> Record:
        for version in key["_versions"]:
            if version["name"].rsplit("/", 1)[-1] == number:
                return dict(version)
        raise not_found(f"CryptoKeyVersion {key['name']}/cryptoKeyVersions/{number}")

    def _get(self, request: Request) -> Record:
        return visible(self._of(self._keys.find(request), request.variables["version"]))

    def _set_state(self, request: Request, state: str, allowed: tuple[str, ...]) -> Record:
        with self._context.store.transaction():
            key = self._keys.find(request)
            version = self._of(key, request.variables["version"])
            if version["state"] not in allowed:
                raise precondition(f"{version['name']} is {version['state']}.")
            version["state"] = state
            version.pop("destroyTime", None)
            if state == "DESTROY_SCHEDULED":
                version["destroyTime"] = now()
            names = [item["name"] for item in key["_versions"]]
            key["_versions"][names.index(version["name"])] = version
            if key.get("primary", {}).get("name") == version["name"]:
                key["primary"] = visible(version)
            self._keys.save(key)
        return visible(version)

    def _patch(self, request: Request) -> Record:
        state = str(request.json().get("state", ""))
        state = {"1": "ENABLED", "2": "DISABLED"}.get(state, state)
        if state not in ("ENABLED", "DISABLED"):
            raise invalid(f"The state of a version cannot be set to {state!r}.")
        return self._set_state(request, state, ("ENABLED", "DISABLED"))

    def _destroy(self, request: Request) -> Record:
        return self._set_state(request, "DESTROY_SCHEDULED", ("ENABLED", "DISABLED"))

    def _restore(self, request: Request) -> Record:
        return self._set_state(request, "DISABLED", ("DESTROY_SCHEDULED",))

    def _update_primary(self, request: Request) -> Record:
        with self._context.store.transaction():
            key = self._keys.find(request)
            wanted = str(request.json().get("cryptoKeyVersionId", ""))
            version = self._of(key, wanted)
            if version["state"] != "ENABLED":
                raise precondition(f"{version['name']} is not enabled.")
            key["primary"] = visible(version)
            self._keys.save(key)
        return visible(key)

    def _encrypt(self, request: Request) -> Record:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key, given = self._keys.find(request), request.json()
        primary = key.get("primary")
        if primary is None or primary["state"] != "ENABLED":
            raise precondition(f"{key['name']} has no enabled primary version.")
        number = primary["name"].rsplit("/", 1)[-1]
        material = base64.b64decode(self._of(key, number)["_material"])
        nonce = os.urandom(12)
        sealed = AESGCM(material).encrypt(
            nonce,
            _decoded(given.get("plaintext", "")),
            _decoded(given.get("additionalAuthenticatedData", "")),
        )
        data = int(number).to_bytes(4, "big") + nonce + sealed
        return {
            "name": primary["name"],
            "ciphertext": base64.b64encode(data).decode(),
            "ciphertextCrc32c": _crc(data),
            "verifiedPlaintextCrc32c": "plaintextCrc32c" in given,
            "verifiedAdditionalAuthenticatedDataCrc32c": (
                "additionalAuthenticatedDataCrc32c" in given
            ),
            "protectionLevel": "SOFTWARE",
        }

    def _decrypt(self, request: Request) -> Record:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key, given = self._keys.find(request), request.json()
        data = _decoded(given.get("ciphertext", ""))
        number = str(int.from_bytes(data[:4], "big"))
        refusal = invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
        names = [version["name"].rsplit("/", 1)[-1] for version in key["_versions"]]
        if number not in names:
            raise refusal
        version = self._of(key, number)
        if version["state"] != "ENABLED":
            raise precondition(f"{version['name']} is not enabled, current state is: "
                               f"{version['state']}.")  # fmt: skip
        try:
            plain = AESGCM(base64.b64decode(version["_material"])).decrypt(
                data[4:16], data[16:], _decoded(given.get("additionalAuthenticatedData", ""))
            )
        except (InvalidTag, ValueError) as error:
            raise refusal from error
        return {
            "plaintext": base64.b64encode(plain).decode(),
            "plaintextCrc32c": _crc(plain),
            "usedPrimary": key.get("primary", {}).get("name") == version["name"],
            "protectionLevel": "SOFTWARE",
        }


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "==")
    except ValueError as error:
        raise invalid("Invalid base64.") from error


def _crc(data: bytes) -> str:
    import google_crc32c

    return str(google_crc32c.value(data))


def refuse_key(context: Context, name: str, agent: str) -> str | None:
    """Why a service agent cannot encrypt with a key, if so."""
    match = _KEY.match(name)
    if match is None:
        return f"{name} is not the name of a key"
    full, ring, project = match[0], match[1], match[2]
    identifier = context.project_id(project)
    full, ring = (text.replace(project, identifier, 1) for text in (full, ring))
    key = context.store.get(_KEYS, full)
    if key is None:
        return f"{full} does not exist"
    if key.get("primary", {}).get("state") != "ENABLED":
        return f"{full} has no enabled primary version"
    member = f"serviceAccount:{agent}"
    holders = (full, ring, f"projects/{identifier}")
    if any(policies.has_role(context, holder, ROLE, member) for holder in holders):
        return None
    return f"{agent} has no role {ROLE} on {full}"


def refuse_agent(context: Context, name: str, agent: str) -> None:
    """Raise what Vertex AI says when its agent may not use a key."""
    problem = refuse_key(context, name, agent)
    if problem:
        raise ApiError("PERMISSION_DENIED", f"Permission denied on Cloud KMS key: {problem}.")


def install(context: Context) -> None:
    """Key rings, keys and versions."""
    Collection(
        context=context,
        version="/v1",
        parent="projects/{project}/locations/{location}",
        name="keyRings",
        id_parameter="keyRingId",
        id_pattern=ID,
        deletable="Key rings cannot be deleted.",
        policy=True,
        times=("createTime", None),
    )
    keys = _Keys(
        context=context,
        version="/v1",
        parent=RING,
        name="cryptoKeys",
        id_parameter="cryptoKeyId",
        id_pattern=ID,
        complete=_complete_key,
        check=_check_key,
        immutable=("purpose", "primary", "destroyScheduledDuration", "importOnly"),
        deletable="Crypto keys cannot be deleted; destroy their versions.",
        policy=True,
        times=("createTime", None),
    )
    _Versions(context, keys)
