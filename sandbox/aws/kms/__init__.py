"""KMS: rotation periods, key states that refuse use, keys that survive a restart."""

import copyreg
import functools
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.kms.models import Key, KmsBackend, kms_backends

from sandbox.aws.answers import refused
from sandbox.aws.context import Call, Context, Refusal

_DEFAULT_PERIOD = 365
_USES = (
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncrypt",
    "Sign",
    "Verify",
    "GenerateMac",
    "VerifyMac",
)


class Kms:
    """The operations; rotation periods are kept in a table of the sandbox's state."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _periods(self) -> dict[str, int]:
        return self._context.table("kms-rotation")

    @staticmethod
    def _key(call: Call, identifier: str | None = None) -> Key:
        backend: KmsBackend = kms_backends[call.account][call.region]
        given = identifier or call.params["KeyId"]
        found = backend.any_id_to_key_id(given)
        if found not in backend.keys:
            raise Refusal("NotFoundException", f"Key '{given}' does not exist")
        return backend.keys[found]

    def get_policy(self, call: Call) -> dict[str, object]:
        """The name of the policy may be left out: there is only ``default``."""
        if call.params.get("PolicyName", "default") != "default":
            raise Refusal("NotFoundException", "No such policy exists")
        return {"Policy": self._key(call).policy, "PolicyName": "default"}

    def enable_rotation(self, call: Call) -> Any:
        key = self._key(call)
        _refuse_unusable(key)
        period = call.params.get("RotationPeriodInDays")
        if period is not None and not 90 <= period <= 2560:
            raise Refusal("ValidationException", "RotationPeriodInDays must be 90 to 2560")
        answer = call.original()
        if not refused(answer):
            self._periods[key.arn] = period or self._periods.get(key.arn, _DEFAULT_PERIOD)
        return answer

    def rotation_status(self, call: Call) -> dict[str, object]:
        key = self._key(call)
        status: dict[str, object] = {
            "KeyId": key.id,
            "KeyRotationEnabled": bool(key.key_rotation_status),
        }
        if key.key_rotation_status:
            period = self._periods.get(key.arn, _DEFAULT_PERIOD)
            status["RotationPeriodInDays"] = period
            status["NextRotationDate"] = datetime.now(UTC) + timedelta(days=period)
        return status

    def use(self, call: Call) -> Any:
        """Refused while the key is disabled or waits for its deletion."""
        for name in ("KeyId", "DestinationKeyId"):
            if call.params.get(name):
                _refuse_unusable(self._key(call, call.params[name]))
        return call.original()

    def decrypt(self, call: Call) -> Any:
        """A named key must be the one that encrypted; moto takes that for a missing permission."""
        wanted, blob = call.params.get("KeyId"), bytes(call.params["CiphertextBlob"])
        # moto's ciphertexts start with the id of their key.
        if wanted and not blob.startswith(self._key(call, wanted).id.encode()):
            raise Refusal(
                "IncorrectKeyException",
                "The key ID in the request does not identify a key that can perform this operation",
            )
        return self.use(call)


def _refuse_unusable(key: Key) -> None:
    if key.key_state == "PendingDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state == "Disabled":
        raise Refusal("DisabledException", f"{key.arn} is disabled.")


def _load(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, password=None)


def _dump(key: Any) -> tuple[Any, tuple[bytes]]:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _load, (pem,)


def _make_private_keys_picklable() -> None:
    """Keys of the sandbox protect nothing real, but must be there after a restart."""
    examples = (
        rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505
        ec.generate_private_key(ec.SECP256R1()),
    )
    for example in examples:
        copyreg.pickle(type(example), _dump)


def install(context: Context) -> None:
    """Plug the operations in."""
    _make_private_keys_picklable()
    kms = Kms(context)
    add = functools.partial(context.operation, "kms")
    add("GetKeyPolicy", kms.get_policy)
    add("EnableKeyRotation", kms.enable_rotation)
    add("GetKeyRotationStatus", kms.rotation_status)
    for name in _USES:
        add(name, kms.use)
    add("Decrypt", kms.decrypt)
