"""The page of all settings says what the settings are now, and says something of each."""

from tools import settings_reference


def test_the_page_is_up_to_date() -> None:
    assert settings_reference.PAGE.read_text() == settings_reference.page(), (
        "run `python -m tools.settings_reference`"
    )


def test_every_setting_is_explained() -> None:
    rows = [line for line in settings_reference.page().splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert [row for row in rows if row.rstrip("| ").endswith("`")] == []


def test_only_what_must_be_given_is_called_required() -> None:
    page = settings_reference.page()
    assert "| `owner` | `str` | required |" in page
    assert "| `gcp.monitoring.feature_thresholds` | `Mapping[str, float]` | none |" in page
