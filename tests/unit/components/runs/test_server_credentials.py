"""Keys and certificate that the program makes for a server."""

import datetime as dt
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from components.runs.server_credentials import ServerCredentialsHandler, make
from plugin.values import UNKNOWN

HOST = "trimaran-local-1234.eastus.azurecontainer.io"


def _names(made: dict[str, Any]) -> tuple[list[str], list[str]]:
    certificate = x509.load_pem_x509_certificate(made["certificatePem"].encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    return names.get_values_for_type(x509.DNSName), [str(item) for item in addresses]


def _shake_hands(server: dict[str, Any], trusted: dict[str, Any], directory: Path) -> str:
    """The TLS version that a client and a server agree on."""
    (directory / "pem").write_text(server["certificatePem"] + server["privateKeyPem"])
    answering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    answering.load_cert_chain(directory / "pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    answering.wrap_socket(connection, server_side=True).close()
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            asking = ssl.create_default_context(cadata=trusted["certificatePem"])
            with (
                socket.create_connection(listener.getsockname(), timeout=30) as plain,
                asking.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
            ):
                return str(secure.version())
        finally:
            thread.join(30)


def test_the_certificate_names_the_server_and_its_own_machine() -> None:
    made = make(HOST, days=30)
    assert _names(made) == ([HOST, "localhost"], ["127.0.0.1"])
    left = dt.date.fromisoformat(made["expires"]) - dt.datetime.now(dt.UTC).date()
    assert 29 <= left.days <= 31


def test_an_address_is_named_as_one() -> None:
    assert _names(make("10.0.0.7", days=1)) == (["localhost"], ["10.0.0.7", "127.0.0.1"])


def test_a_client_that_trusts_the_certificate_talks_to_the_server(tmp_path: Path) -> None:
    made = make(HOST, days=1)
    assert _shake_hands(made, made, tmp_path) in {"TLSv1.2", "TLSv1.3"}


def test_a_client_that_trusts_another_certificate_does_not(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(make(HOST, days=1), make(HOST, days=1), tmp_path)


def test_keys_are_long_and_never_the_same() -> None:
    first, second = make(HOST, days=1), make(HOST, days=1)
    keys = {made[name] for made in (first, second) for name in ("primaryKey", "secondaryKey")}
    assert len(keys) == 4
    assert all(len(key) >= 32 for key in keys)


def test_a_refresh_or_an_update_keeps_what_clients_know(context: Any) -> None:
    handler = ServerCredentialsHandler()
    inputs = {"hostName": HOST, "validDays": 30, "rotation": "1"}
    resource_id, outputs = handler.create(context, inputs)
    assert resource_id == outputs["fingerprint"]
    assert handler.update(context, resource_id, outputs, inputs) == outputs
    turned = handler.diff(context, resource_id, inputs, {**inputs, "rotation": "2"})
    assert turned.replaces == {"rotation"}


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"hostName": "", "validDays": 1}, "hostName"),
        ({"hostName": HOST, "validDays": 0}, "validDays"),
    ],
)
def test_wrong_inputs_are_refused(context: Any, inputs: dict[str, Any], named: str) -> None:
    _, failures = ServerCredentialsHandler().check(context, {}, inputs)
    assert [failure.property for failure in failures] == [named]


def test_unknown_inputs_are_not_refused_in_a_preview(context: Any) -> None:
    inputs = {"hostName": UNKNOWN, "validDays": UNKNOWN}
    assert ServerCredentialsHandler().check(context, {}, inputs)[1] == []
