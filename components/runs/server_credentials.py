"""Keys and a certificate for a server that gets neither from its cloud."""

import datetime as dt
import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pulumi

from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties
from plugin.values import contains_unknown

if TYPE_CHECKING:
    from plugin.provider import Context

TYPE: Final = "trimaran:index:ServerCredentials"
_SECRETS: Final = ("primaryKey", "secondaryKey", "privateKeyPem")
_KEY_BYTES: Final = 32
# Container and health checks ask the server from inside.
_LOOPBACK: Final = ("localhost", "127.0.0.1")
_LONGEST_COMMON_NAME: Final = 64


@dataclass(frozen=True, kw_only=True)
class ServerCredentialsArgs:
    """Whom the certificate names, and for how long."""

    host_name: pulumi.Input[str]
    """The name that clients ask; the certificate names it, and the server's own machine."""
    valid_days: pulumi.Input[int] = 825
    rotation: pulumi.Input[str] = ""
    """Any text; another one makes new keys and a new certificate."""


class ServerCredentials(RunResource):
    """Two keys (so that one can be changed while the other is used) and a certificate.

    The certificate is signed by itself: clients do not ask an authority, they trust exactly this
    one, which the stack exports. Keys and private key are secrets of the stack, encrypted in its
    state, and are in no log.
    """

    host_name: pulumi.Output[str]
    valid_days: pulumi.Output[int]
    rotation: pulumi.Output[str]
    primary_key: pulumi.Output[str]
    secondary_key: pulumi.Output[str]
    private_key_pem: pulumi.Output[str]
    certificate_pem: pulumi.Output[str]
    fingerprint: pulumi.Output[str]
    """SHA-256 of the certificate (DER), 64 hexadecimal digits."""
    expires: pulumi.Output[str]
    """The day on which the certificate ends, as ``YYYY-MM-DD``."""

    def __init__(
        self, name: str, args: ServerCredentialsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=list(_SECRETS))
        super().__init__(TYPE, name, args, pulumi.ResourceOptions.merge(hidden, opts))


class ServerCredentialsHandler(Handler):
    """Makes them once; whatever they depend on makes others."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"hostName", "validDays", "rotation"})
    computed: ClassVar[frozenset[str]] = frozenset(
        {*_SECRETS, "certificatePem", "fingerprint", "expires"}
    )

    def check(
        self, context: "Context", old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        name, days = new.get("hostName"), new.get("validDays")
        failures = []
        if not contains_unknown(name) and not name:
            failures.append(CheckFailure(property="hostName", reason="must not be empty"))
        if not contains_unknown(days) and not (isinstance(days, int | float) and days >= 1):
            reason = f"must be at least 1, not {days!r}"
            failures.append(CheckFailure(property="validDays", reason=reason))
        return new, failures

    def create(self, context: "Context", inputs: Properties) -> tuple[str, Properties]:
        made = make(str(inputs["hostName"]), days=int(inputs["validDays"]))
        return str(made["fingerprint"]), made

    def update(
        self, context: "Context", resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        return {key: outputs[key] for key in self.computed if key in outputs}

    def delete(self, context: "Context", resource_id: str, outputs: Properties) -> None:
        """Nothing is left anywhere but in the state."""


def make(host_name: str, *, days: int) -> dict[str, Any]:
    """New keys, and a certificate that is good from now on for ``days``."""
    # Takes a tenth of a second to import, which a preview need not wait for.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host_name[:_LONGEST_COMMON_NAME])])
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    expires = now + dt.timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A clock that is a little behind must not refuse it.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(expires)
        .add_extension(
            x509.SubjectAlternativeName([_general(item) for item in _names(host_name)]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return {
        "primaryKey": secrets.token_urlsafe(_KEY_BYTES),
        "secondaryKey": secrets.token_urlsafe(_KEY_BYTES),
        "privateKeyPem": private.decode(),
        "certificatePem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "fingerprint": hashlib.sha256(der).hexdigest(),
        "expires": expires.date().isoformat(),
    }


def _names(host_name: str) -> Sequence[str]:
    return tuple(dict.fromkeys((host_name, *_LOOPBACK)))


def _general(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
