"""The page on the sandbox's resources."""

from sandbox.document import PAGE, page


def test_the_page_tells_what_the_handlers_do() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m sandbox.document"
