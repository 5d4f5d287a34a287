"""Fernet tokens: readable by any Fernet, renewed without showing values."""

import base64
import hmac
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from encryption.errors import EncryptionError, NotAuthentic
from encryption.tokens import Tokens, new_key, read_keys


def test_tokens_are_plain_fernet() -> None:
    key = new_key()
    token = Tokens([key]).encrypt("grüße".encode())
    assert Fernet(key).decrypt(token).decode() == "grüße"
    assert Tokens([key]).decrypt(Fernet(key).encrypt(b"x").decode()) == b"x"


def test_the_specifications_own_token_is_read() -> None:
    # https://github.com/fernet/spec/blob/master/verify.json
    key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="  # pragma: allowlist secret
    text = (
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ"  # pragma: allowlist secret
        "_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="  # pragma: allowlist secret
    )
    assert Tokens([key]).decrypt(text) == b"hello"


def test_a_token_is_signed_as_the_specification_says() -> None:
    key = new_key()
    raw = base64.urlsafe_b64decode(Tokens([key]).encrypt(b"value"))
    signing = base64.urlsafe_b64decode(key)[:16]
    assert raw[0] == 0x80
    assert hmac.digest(signing, raw[:-32], "sha256") == raw[-32:]


def test_rotation_brings_old_tokens_to_the_newest_key() -> None:
    old, new = new_key(), new_key()
    token = Tokens([old]).encrypt(b"value")
    both = Tokens([new, old])
    assert both.decrypt(token) == b"value"
    renewed = both.rotate(token)
    assert Fernet(new).decrypt(renewed) == b"value"
    assert Fernet(new).extract_timestamp(renewed) == Fernet(old).extract_timestamp(token)
    with pytest.raises(NotAuthentic):
        Tokens([old]).decrypt(renewed)


def test_what_was_changed_is_refused() -> None:
    tokens = Tokens([new_key()])
    token = tokens.encrypt(b"value")
    changed = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    for wrong in (changed, token[:-4], "", "no token", "ä"):
        with pytest.raises(NotAuthentic):
            tokens.decrypt(wrong)
        with pytest.raises(NotAuthentic):
            tokens.rotate(wrong)


def test_key_files_are_closed_to_others_and_hold_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with pytest.raises(EncryptionError, match=str(path)):
        read_keys(path)
    keys = (new_key(), new_key())
    path.write_text("\n".join(keys) + "\n\n")
    path.chmod(0o644)
    with pytest.raises(EncryptionError, match="chmod 600"):
        read_keys(path)
    path.chmod(0o600)
    assert read_keys(path) == keys
    path.write_text("\n")
    with pytest.raises(EncryptionError, match="empty"):
        read_keys(path)
    with pytest.raises(EncryptionError, match="no Fernet key"):
        Tokens(["short"])
