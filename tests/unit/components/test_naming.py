"""Names change with content, and only with it."""

import pytest

from components.naming import content_hash, content_name


def test_the_order_of_keys_does_not_matter() -> None:
    assert content_hash({"a": 1, "b": [2, 3]}) == content_hash({"b": [2, 3], "a": 1})


def test_any_difference_matters() -> None:
    hashes = {content_hash({"a": value}) for value in (1, 1.5, "1", None, [1], {"b": 1})}
    assert len(hashes) == 6


@pytest.mark.parametrize("limit", [14, 32, 63])
def test_a_name_fits_its_limit_and_keeps_its_hash(limit: int) -> None:
    content = {"a": 1}
    name = content_name("trimaran-a-stack-with-a-rather-long-name", content, limit=limit)
    assert len(name) <= limit
    assert name.endswith(f"-{content_hash(content)}")
    assert "--" not in name


def test_characters_that_names_do_not_have_are_replaced() -> None:
    assert content_name("a_b.c", {}).startswith("a-b-c-")


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        content_name("x", {}, limit=13)
