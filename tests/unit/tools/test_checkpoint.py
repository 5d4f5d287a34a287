"""A state that a kill cut off is taken back to the last whole one, and no other is touched."""

from pathlib import Path

import pytest

from tools import checkpoint

WHOLE = '{"version": 3, "checkpoint": {}}'
LAST = '{"version": 3, "checkpoint": {"last": true}}'


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / ".pulumi" / "stacks" / "trimaran" / "local.json"
    path.parent.mkdir(parents=True)
    return path


def mend(tmp_path: Path) -> bool:
    return checkpoint.mend(tmp_path, project="trimaran", stack="local")


@pytest.mark.parametrize("cut_off", ["", WHOLE[:10], None])
def test_the_last_state_takes_the_place_of_one_that_does_not_read(
    tmp_path: Path, state: Path, cut_off: str | None
) -> None:
    if cut_off is not None:
        state.write_text(cut_off)
    state.with_name("local.json.bak").write_text(LAST)
    assert mend(tmp_path)
    assert state.read_text() == LAST
    assert sorted(path.name for path in state.parent.iterdir()) == ["local.json", "local.json.bak"]


def test_a_whole_state_stays(tmp_path: Path, state: Path) -> None:
    state.write_text(WHOLE)
    state.with_name("local.json.bak").write_text(LAST)
    assert not mend(tmp_path)
    assert state.read_text() == WHOLE


def test_without_a_last_state_that_reads_nothing_is_done(tmp_path: Path, state: Path) -> None:
    state.write_text("")
    state.with_name("local.json.bak").write_text("{")
    assert not mend(tmp_path)
    assert state.read_text() == ""


def test_attributes_that_a_kill_cut_off_go_and_the_state_stays(tmp_path: Path, state: Path) -> None:
    state.write_text(WHOLE)
    cut_off, whole = state.with_name("local.json.attrs"), state.with_name("local.json.bak.attrs")
    cut_off.write_text("")
    whole.write_text('{"user.content_type": "text/plain"}')
    assert not mend(tmp_path)
    assert state.read_text() == WHOLE
    assert (cut_off.exists(), whole.exists()) == (False, True)
