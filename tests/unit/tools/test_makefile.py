"""The verbs, as `make help` lists them."""

import re
import subprocess

import pytest

from tools import paths


@pytest.fixture(scope="module")
def makefile() -> str:
    return (paths.PROJECT / "Makefile").read_text()


def test_help_is_the_default_and_lists_every_verb(makefile: str) -> None:
    verbs = set(re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[0].split())
    shown = subprocess.run(
        ["make"], cwd=paths.PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"^  make (\w+)", shown, flags=re.MULTILINE)) == verbs
    assert 'eval "$(make -s env)"' in shown


def test_every_verb_sets_up_what_it_needs(makefile: str) -> None:
    recipes = re.findall(r"^([a-z]+):.*##.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    assert len(recipes) > 10
    for verb, recipe in recipes:
        assert verb == "help" or "$(setup)" in recipe, verb
