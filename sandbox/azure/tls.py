"""The certificates that this sandbox's TLS servers show, and what a client needs to trust them.

azure-core refuses to send tokens over plain HTTP, so there is an authority of the sandbox's own,
made once for a state directory. Its key opens nothing but this sandbox.
"""

import datetime as dt
import ipaddress
import os
from pathlib import Path

from sandbox.state import write_atomically

LIFETIME = dt.timedelta(days=3650)
RENEWED = dt.timedelta(days=30)
# Clients refuse server certificates that are valid for longer.
SERVER_LIFETIME = dt.timedelta(days=397)


class Certificates:
    """Files of one authority and one server certificate.

    Attributes:
        authority: the authority's certificate alone, as PEM.
        bundle: certifi's certificates and the authority's, for ``REQUESTS_CA_BUNDLE``.
        server: key and chain of 127.0.0.1, localhost and storage accounts below it in one PEM file,
            readable by its owner.
    """

    def __init__(self, directory: Path) -> None:
        """Make what is missing or about to expire."""
        import certifi

        directory.mkdir(mode=0o700, exist_ok=True)
        self.authority = directory / "authority.pem"
        self.bundle = directory / "bundle.pem"
        self.server = directory / "server.pem"
        if not self._usable():
            self._make()
            self.bundle.unlink(missing_ok=True)
        if not self.bundle.exists():
            trusted = Path(certifi.where()).read_bytes()
            write_atomically(self.bundle, trusted + b"\n" + self.authority.read_bytes())

    def _usable(self) -> bool:
        """Whether both are there, belong together and are valid for a while yet."""
        from cryptography import x509

        if not (self.authority.exists() and self.server.exists()):
            return False
        authority, server = (
            x509.load_pem_x509_certificate(_certificate_of(path.read_bytes()))
            for path in (self.authority, self.server)
        )
        soon = dt.datetime.now(dt.UTC) + RENEWED
        if min(authority.not_valid_after_utc, server.not_valid_after_utc) < soon:
            return False
        return server.issuer == authority.subject

    def _make(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        def name(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        def usage(*, signs_certificates: bool) -> x509.KeyUsage:
            return x509.KeyUsage(
                digital_signature=not signs_certificates,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=signs_certificates,
                crl_sign=signs_certificates,
                encipher_only=False,
                decipher_only=False,
            )

        began = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        issuer_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        # Two sandboxes' authorities must not be taken for each other: each has its own name.
        issuer = name(f"Trimaran sandbox {x509.random_serial_number():x}"[:60])
        issuer_id = x509.SubjectKeyIdentifier.from_public_key(issuer_key.public_key())
        authority = (
            x509.CertificateBuilder()
            .subject_name(issuer)
            .issuer_name(issuer)
            .public_key(issuer_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(signs_certificates=True), critical=True)
            .add_extension(issuer_id, critical=False)
            .sign(issuer_key, hashes.SHA256())
        )
        names = x509.SubjectAlternativeName(
            [
                x509.DNSName("localhost"),
                x509.DNSName("*.localhost"),
                x509.DNSName("*.blob.core.localhost"),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            ]
        )
        server = (
            x509.CertificateBuilder()
            .subject_name(name("127.0.0.1"))
            .issuer_name(issuer)
            .public_key(server_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + SERVER_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(names, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id),
                critical=False,
            )
            .sign(issuer_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        key = server_key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_private(self.server, key + server.public_bytes(pem) + authority.public_bytes(pem))
        write_atomically(self.authority, authority.public_bytes(pem))


def _certificate_of(pem: bytes) -> bytes:
    """The first certificate of a file that may begin with a key."""
    return pem[pem.index(b"-----BEGIN CERTIFICATE-----") :]


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
