"""The command without any key service: calls, tokens, interruptions."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from encryption import cli, sealed, tokens
from encryption.errors import EncryptionError

from tests.model_code.own_keys import OwnKey

_ROOT = Path(__file__).resolve().parents[2]
CONTEXT = {"dataset": "penguins", "purpose": "training"}
FOR = ["--dataset", "penguins", "--purpose", "training"]
# Seals with a key of its own and stops in the middle, for somebody to end it there.
SLOW = """
import sys, time
sys.path[:0] = ["model_code", "tests/model_code"]
from encryption import cli, records
from own_keys import OwnKey
records.key_at_service = OwnKey
class Progress:
    def __init__(self, name): pass
    def __enter__(self): return self.tell
    def __exit__(self, *_): pass
    def tell(self, done, total):
        print("begun", flush=True)
        time.sleep(600)
cli.shown = Progress
sys.exit(cli.main(sys.argv[1:]))
"""


def say(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_tokens_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    assert cli.main(["token", "new-key"]) == 0
    old = capsys.readouterr().out
    keys.write_text(old)
    keys.chmod(0o600)
    say("one\ntwo\n", monkeypatch)
    assert cli.main(["token", "encrypt", "--keys", str(keys)]) == 0
    made = capsys.readouterr().out
    keys.write_text(f"{tokens.new_key()}\n{old}")
    say(made, monkeypatch)
    assert cli.main(["token", "rotate", "--keys", str(keys)]) == 0
    renewed = capsys.readouterr().out
    keys.write_text(keys.read_text().splitlines()[0])
    say(renewed, monkeypatch)
    assert cli.main(["token", "decrypt", "--keys", str(keys)]) == 0
    assert capsys.readouterr().out == "one\ntwo\n"
    say(f"{renewed}{made}", monkeypatch)
    assert cli.main(["token", "decrypt", "--keys", str(keys)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "none of the keys" in said.err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 2),
        (["encrypt", "a", "b", *FOR], 2),
        (["encrypt", "a", "b", "--key", "x", "--record", "y", *FOR], 2),
        (["encrypt", "a", "b", "--key", "x", "--dataset", "d"], 2),
        (["encrypt", "a", "b", "--key", "x", *FOR, "--context", "dataset=other"], 2),
        (["encrypt", "a", "b", "--key", "x", *FOR, "--context", "n=1", "--context", "n=2"], 1),
        (["encrypt", "a", "b", "--record", "x", *FOR], 1),
        (["rewrap", "--key", "arn:aws:kms:eu-west-1:123456789012:key/x"], 1),
        (["rewrap", "a", "--key", "record:x"], 1),
        (["inspect", "missing"], 1),
        (["shred", "x", "--reason", "r", "--yes"], 1),
        (["token", "encrypt"], 1),
    ],
)
def test_a_wrong_call_is_told(
    arguments: list[str],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        ended = cli.main(arguments)
    except SystemExit as error:
        ended = int(str(error.code))
    assert ended == status
    assert "error: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    plain, closed = tmp_path / "plain", tmp_path / "closed"
    plain.write_bytes(bytes(2**20))
    call = ["encrypt", str(plain), str(closed), "--key", "own", *FOR]
    command = [sys.executable, "-c", SLOW, *call]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        assert len(list(tmp_path.iterdir())) == 2
        process.send_signal(number)
        assert process.wait(60) == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    assert list(tmp_path.iterdir()) == [plain]


def test_a_killed_run_leaves_no_target(tmp_path: Path) -> None:
    plain, closed = tmp_path / "plain", tmp_path / "closed"
    plain.write_bytes(bytes(2**20))
    call = ["encrypt", str(plain), str(closed), "--key", "own", *FOR]
    command = [sys.executable, "-c", SLOW, *call]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.kill()
    assert not closed.exists()
    # A rest under a hidden name is all, and for its owner only.
    assert all(path.name.startswith(".closed.") for path in tmp_path.iterdir() if path != plain)


def test_another_key_than_the_expected_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, closed = tmp_path / "plain", tmp_path / "closed"
    plain.write_bytes(b"data")
    key = OwnKey("https://v.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef")
    sealed.seal(plain, closed, key=key, context=CONTEXT)
    base = "https://v.vault.azure.net/keys"
    for other in (f"{base}/kk", f"{base}/k/0123", "https://w.vault.azure.net/keys/k"):
        call = ["decrypt", str(closed), str(tmp_path / "opened"), "--key", other, *FOR]
        assert cli.main(call) == 1
        assert "not by" in capsys.readouterr().err
    assert not (tmp_path / "opened").exists()


def test_large_files_tell_how_far_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from encryption import progress

    clock = iter([0.0, 1.0, 11.0, 12.0, 22.0])
    monkeypatch.setattr("encryption.progress.time.monotonic", lambda: next(clock))
    with progress.shown("big") as tell:
        for done in (1, 5, 6, 10):
            tell(done * 2**20, 10 * 2**20)
    assert capsys.readouterr().err.splitlines() == [
        "big: 50 % of 10 MiB, 0 MiB/s",
        "big: 100 % of 10 MiB, 0 MiB/s",
    ]


def test_the_package_stands_alone(tmp_path: Path) -> None:
    """As in a cloud's image: its files only, flat, and neither a cloud's client nor cryptography
    before it is needed.
    """
    (tmp_path / "encryption").symlink_to(_ROOT / "model_code" / "encryption")
    text = (
        "import sys; import encryption.cli; "
        "late = {'boto3', 'requests', 'google.auth', 'azure.core', 'cryptography'}; "
        "sys.exit(str(late & set(sys.modules)) if late & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", text], cwd=tmp_path, check=True, timeout=60)


def test_errors_are_one_tree() -> None:
    from encryption import errors

    found = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert all(issubclass(kind, EncryptionError) for kind in found)
