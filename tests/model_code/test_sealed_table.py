"""A sealed table prepares as the plain one does; any other seal prepares nothing."""

from collections.abc import Iterator
from pathlib import Path

import prepare
import pytest
import sealed_table
from encryption.errors import KeyRefused
from encryption.keys import WrappingKey
from encryption.sealed import seal
from user_errors import DataError

from tests.model_code.own_keys import KeyService
from tests.model_code.sample_table import FEATURES

KEY, OTHER = "https://v.vault.azure.net/keys/sealed", "https://v.vault.azure.net/keys/other"
VERSION = f"{KEY}/{'0' * 32}"
CONTEXT = {"dataset": "penguins", "purpose": "training"}
TOLD = {"seal_key": KEY, "seal_dataset": "penguins", "seal_purpose": "training"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> KeyService:
    keys = KeyService()
    for name in (KEY, VERSION, OTHER):
        keys.make(name)
    monkeypatch.setattr(sealed_table, "key_at_service", keys.find)
    return keys


@pytest.fixture
def sealed(penguins: Path, service: KeyService, tmp_path: Path) -> Path:
    target = tmp_path / "penguins.csv.sealed"
    seal(penguins, target, key=service.find(VERSION), context=CONTEXT)
    return target


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; nothing may be left there."""
    directory = tmp_path / "scratch"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    yield directory
    assert list(directory.iterdir()) == []


def prepare_with(table: Path, output: Path, **told: str) -> None:
    words = [f"--{key}={value}" for key, value in told.items()]
    columns = ["--features", ",".join(FEATURES), "--target", "species"]
    prepare.main(["--input", str(table), "--output", str(output), *columns, *words])


def files(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def test_a_sealed_table_prepares_to_the_same_bytes(
    sealed: Path, prepared: Path, tmp_path: Path, scratch: Path
) -> None:
    prepare_with(sealed, tmp_path / "out", **TOLD)
    assert files(tmp_path / "out") == files(prepared)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seal_purpose": "marketing"}, "is for dataset=penguins, purpose=training, not for"),
        ({"seal_dataset": "patients"}, "cannot be opened for dataset=patients"),
        ({"seal_key": OTHER}, f"is wrapped by {VERSION}, not by {OTHER}"),
        ({"seal_key": KEY[:-1]}, "is wrapped by"),
    ],
)
def test_another_seal_names_table_and_context_and_writes_nothing(
    sealed: Path, tmp_path: Path, scratch: Path, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(DataError) as error:
        prepare_with(sealed, tmp_path / "out", **{**TOLD, **changed})
    context = {**TOLD, **changed}
    assert said in str(error.value)
    assert f"{sealed} cannot be opened for dataset={context['seal_dataset']}" in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["plain", "cut", "flipped"])
def test_what_is_not_as_it_was_sealed_prepares_nothing(
    sealed: Path, penguins: Path, tmp_path: Path, scratch: Path, damage: str
) -> None:
    content = bytearray(sealed.read_bytes())
    if damage == "plain":
        content = bytearray(penguins.read_bytes())
    elif damage == "cut":
        del content[-1:]
    else:
        content[9000] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(DataError, match="cannot be opened for dataset=penguins, purpose=training"):
        prepare_with(sealed, tmp_path / "out", **TOLD)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore")  # Beam warns about what it may do without
def test_the_pipeline_reads_the_rows_or_names_object_and_context(
    sealed: Path, penguins: Path, scratch: Path
) -> None:
    beam = pytest.importorskip("prepare_beam", reason="runs where Beam is installed")
    lines = list(beam.sealed_lines(str(sealed), seal=sealed_table.Seal(KEY, **CONTEXT)))
    assert lines == penguins.read_text().splitlines()[1:]
    other = sealed_table.Seal(KEY, "penguins", "marketing")
    with pytest.raises(DataError, match=f"{sealed} cannot be opened for .*purpose=marketing"):
        next(beam.sealed_lines(str(sealed), seal=other))


def test_the_glue_job_reads_the_table_or_names_object_and_context(
    sealed: Path, penguins: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    glue = pytest.importorskip("prepare_glue", reason="runs where awswrangler is installed")
    uri = "s3://raw/penguins/penguins.csv.sealed"

    def download(*, path: str, local_file: str) -> None:
        assert path == uri
        Path(local_file).write_bytes(sealed.read_bytes())

    monkeypatch.setattr(glue.wr.s3, "download", download)
    table = glue.read_sealed_table(uri, sealed_table.Seal(KEY, **CONTEXT))
    assert table.equals(prepare.read_table(penguins))
    with pytest.raises(DataError, match=f"{uri} cannot be opened for .*purpose=marketing"):
        glue.read_sealed_table(uri, sealed_table.Seal(KEY, "penguins", "marketing"))


def test_half_of_a_seal_is_refused(sealed: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs --seal_key, --seal_dataset and --seal_purpose"):
        prepare_with(sealed, tmp_path / "out", seal_key=KEY)


def test_a_right_that_does_not_hold_yet_is_waited_for_and_no_longer_than_that(
    sealed: Path,
    tmp_path: Path,
    service: KeyService,
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = [0.0]
    holds_at = [25.0]

    def find(key_id: str) -> WrappingKey:
        if clock[0] < holds_at[0]:
            raise KeyRefused("not yet")
        return service.find(key_id)

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(sealed_table, "key_at_service", find)
    monkeypatch.setattr("sealed_table.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("sealed_table.time.sleep", sleep)
    prepare_with(sealed, tmp_path / "out", **TOLD)
    assert 25 <= clock[0] < 60
    assert "waiting for the right to use the key: not yet" in capsys.readouterr().out

    clock[0], holds_at[0] = 0.0, float("inf")
    with pytest.raises(DataError, match="not yet"):
        prepare_with(sealed, tmp_path / "never", **TOLD)
    assert 300 < clock[0] < 360
