"""The page of figures takes each table at its place."""

import pytest

from bench.__main__ import MEASURED, PAGE, spliced


@pytest.mark.parametrize("name", MEASURED)
def test_a_table_takes_the_place_of_the_old_one_and_nothing_else_changes(name: str) -> None:
    page = PAGE.read_text()
    renewed = spliced(page, name, "| new |")
    assert f"<!-- {name} -->\n| new |\n<!-- /{name} -->" in renewed
    assert spliced(renewed, name, "| new |") == renewed
    assert renewed.startswith(page[: page.index(f"<!-- {name} -->")])
    assert renewed.endswith(page[page.index(f"<!-- /{name} -->") :])


def test_a_table_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for other"):
        spliced(PAGE.read_text(), "other", "")
