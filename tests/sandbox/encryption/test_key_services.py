"""The command with the three key services: what one key closed no other thing opens."""

import json
import random
from pathlib import Path

import httpx
import pytest

from tests.sandbox.azure.manager import Manager
from tests.sandbox.encryption.conftest import Run
from tests.sandbox.running import RunningSandbox

FOR = ("--dataset", "penguins", "--purpose", "training")
CLOUDS = ("aws", "gcp", "azure")
Keys = dict[str, tuple[str, str]]


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain"
    path.write_bytes(random.Random(2).randbytes(300_001))
    return path


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_file_goes_round_and_changes_its_key(
    cloud: str, run: Run, keys: Keys, plain: Path, tmp_path: Path
) -> None:
    closed, first, second = tmp_path / "closed", *keys[cloud]
    run("encrypt", plain, closed, "--key", first, *FOR)
    said = json.loads(run("inspect", closed).stdout)
    assert said["key"].startswith(first)
    assert said["algorithm"] == "AES-256-GCM"
    assert said["context"] == {"dataset": "penguins", "purpose": "training"}
    run("decrypt", closed, tmp_path / "opened", "--key", first, *FOR)
    assert (tmp_path / "opened").read_bytes() == plain.read_bytes()

    before = closed.read_bytes()
    run("rewrap", closed, "--key", second)
    assert closed.read_bytes()[8192:] == before[8192:]
    assert json.loads(run("inspect", closed).stdout)["key"].startswith(second)
    ended = run("decrypt", closed, tmp_path / "again", "--key", first, *FOR, status=1)
    assert "not by" in ended.stderr
    run("decrypt", closed, tmp_path / "again", *FOR)
    assert (tmp_path / "again").read_bytes() == plain.read_bytes()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_key_that_did_not_wrap_it_opens_nothing(
    cloud: str, run: Run, keys: Keys, plain: Path, tmp_path: Path
) -> None:
    closed, first, second = tmp_path / "closed", *keys[cloud]
    run("encrypt", plain, closed, "--key", first, *FOR)
    said = json.loads(run("inspect", closed).stdout)["key"]
    # The header made to name the other key, with a digest that fits.
    from encryption.header import encoded_slot, read_slots
    from encryption.keys import WrappedKey

    other = tmp_path / "other"
    run("encrypt", plain, other, "--key", second, *FOR)
    named = json.loads(run("inspect", other).stdout)["key"]
    assert named != said
    with closed.open("r+b") as stream:
        key = read_slots(stream).current.key
        stream.seek(4096)
        stream.write(encoded_slot(WrappedKey(named, key.algorithm, key.wrapped), 1))
    ended = run("decrypt", closed, tmp_path / "opened", *FOR, status=1)
    assert "did not wrap this data key" in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["closed", "other", "plain"]


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_the_service_itself_refuses_another_context(
    cloud: str, run: Run, keys: Keys, plain: Path, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    run("encrypt", plain, closed, "--key", keys[cloud][0], *FOR)
    changed = closed.read_bytes().replace(b'"training"', b'"trainink"', 1)
    closed.write_bytes(changed)
    other = ("--dataset", "penguins", "--purpose", "trainink")
    ended = run("decrypt", closed, tmp_path / "opened", *other, status=1)
    assert "for this context" in ended.stderr
    assert not (tmp_path / "opened").exists()


def test_a_key_moves_from_cloud_to_cloud(run: Run, keys: Keys, plain: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    run("encrypt", plain, closed, "--key", keys["aws"][0], *FOR)
    for cloud in ("gcp", "azure", "aws"):
        run("rewrap", closed, "--key", keys[cloud][1])
    run("decrypt", closed, tmp_path / "opened", *FOR)
    assert (tmp_path / "opened").read_bytes() == plain.read_bytes()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000", "AWS KMS"),
        ("projects/trimaran-local/locations/us-central1/keyRings/sealing/cryptoKeys/no", "no"),
        ("https://sealing-vault.vault.azure.net/keys/no", "Key Vault refuses"),
        ("https://evil.example.com/keys/one", "expected https://VAULT"),
        ("mine", "is no key id"),
    ],
)
def test_a_key_that_is_not_there_is_named(
    key: str, said: str, run: Run, keys: Keys, plain: Path, tmp_path: Path
) -> None:
    assert keys
    ended = run("encrypt", plain, tmp_path / "closed", "--key", key, *FOR, status=1)
    assert said in ended.stderr
    assert key in ended.stderr
    assert list(tmp_path.iterdir()) == [plain]


def test_a_disabled_key_opens_nothing_until_it_is_enabled(
    run: Run, keys: Keys, plain: Path, tmp_path: Path, encryption_sandbox: RunningSandbox
) -> None:
    closed, kms = tmp_path / "closed", encryption_sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    run("encrypt", plain, closed, "--key", key, *FOR)
    kms.disable_key(KeyId=key.rsplit("/", 1)[-1])
    ended = run("decrypt", closed, tmp_path / "opened", *FOR, status=1)
    assert "DisabledException" in ended.stderr
    kms.enable_key(KeyId=key.rsplit("/", 1)[-1])
    run("decrypt", closed, tmp_path / "opened", *FOR)


def test_an_older_version_of_a_key_still_opens(
    run: Run, keys: Keys, plain: Path, tmp_path: Path, encryption_sandbox: RunningSandbox
) -> None:
    google, azure = keys["gcp"][0], keys["azure"][0]
    for name, key in (("google", google), ("azure", azure)):
        run("encrypt", plain, tmp_path / name, "--key", key, *FOR)
    with Manager(encryption_sandbox.environment) as manager:
        token = manager.token("https://vault.azure.net")
        place = f"/keyvault/{azure.removeprefix('https://')}/rotate"
        version = manager.send("POST", place, token=token).json()["key"]["kid"]
    with httpx.Client(base_url=encryption_sandbox.environment["GOOGLE_CLOUD_ENDPOINT_URL"]) as http:
        made = http.post(f"/v1/{google}/cryptoKeyVersions", json={}).json()["name"]
        number = made.rsplit("/", 1)[-1]
        body = {"cryptoKeyVersionId": number}
        http.post(f"/v1/{google}:updatePrimaryVersion", json=body).raise_for_status()
    run("encrypt", plain, tmp_path / "newer", "--key", azure, *FOR)
    assert json.loads(run("inspect", tmp_path / "newer").stdout)["key"] == version
    for name in ("google", "azure", "newer"):
        run("decrypt", tmp_path / name, tmp_path / f"{name}-opened", *FOR)
        assert (tmp_path / f"{name}-opened").read_bytes() == plain.read_bytes()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_shredded_record_closes_all_that_was_sealed_with_it_and_nothing_else(
    cloud: str, run: Run, keys: Keys, plain: Path, tmp_path: Path
) -> None:
    records, (first, second) = tmp_path / "records", keys[cloud]
    kept = ("--records", records)
    for subject in ("s-1", "s-2"):
        run("record", subject, "--key", first, *kept)
        for part in ("a", "b"):
            target = tmp_path / f"{subject}-{part}"
            run("encrypt", plain, target, "--record", subject, *kept, *FOR)
    copy = tmp_path / "copy-of-a"
    copy.write_bytes((tmp_path / "s-1-a").read_bytes())
    sealed = (tmp_path / "s-2-a").read_bytes()
    run("rewrap", "--all-records", "--key", second, *kept)
    assert (tmp_path / "s-2-a").read_bytes() == sealed

    run("shred", "s-1", "--reason", "erasure request 17", *kept, status=1)
    run("decrypt", copy, tmp_path / "once", *kept, *FOR)
    said = run("shred", "s-1", "--reason", "erasure request 17", "--yes", *kept).stdout
    assert "backups" in said
    for name in ("s-1-a", "s-1-b", "copy-of-a"):
        ended = run("decrypt", tmp_path / name, tmp_path / "no", *kept, *FOR, status=1)
        assert "was shredded on" in ended.stderr
        assert "erasure request 17" in ended.stderr
    run("decrypt", tmp_path / "s-2-b", tmp_path / "yes", *kept, *FOR)
    run("record", "s-1", "--key", first, *kept, status=1)
    run("shred", "s-1", "--reason", "again", "--yes", *kept, status=1)
    run("rewrap", "--all-records", "--key", first, *kept)
