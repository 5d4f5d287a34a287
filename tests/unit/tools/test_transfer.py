"""What `make transfer` hands over, by the recipe in the Makefile."""

import subprocess

import pytest

from tools import paths


def make_transfer(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs the recipe on a stack without a sandbox, so that no cloud is asked."""
    return subprocess.run(
        ["make", "transfer", "STACK=dev", "setup=true", *words],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("words", [(), ("FROM=s3://a/b",), ("TO=gs://a/b",)])
def test_what_is_left_out_is_asked_for_with_an_example(words: tuple[str, ...]) -> None:
    ran = make_transfer(*words)
    assert ran.returncode != 0
    assert "FROM and TO are needed" in ran.stderr
    assert "make transfer FROM=s3://bucket/prefix TO=gs://bucket/prefix" in ran.stderr


def test_the_options_can_be_asked_for() -> None:
    ran = make_transfer("ARGS=--help")
    assert ran.returncode == 0, ran.stderr
    assert "--discard-unfinished" in ran.stdout


def test_leftovers_are_discarded_without_a_source() -> None:
    """Refused for the address, so the call itself was understood."""
    ran = make_transfer("ARGS=--discard-unfinished", "TO=nowhere")
    assert "'nowhere' is not an address" in ran.stderr


def test_the_status_is_the_commands_own() -> None:
    ran = make_transfer("FROM=s3://a/b", "TO=nowhere")
    assert "Error 2" in ran.stderr
