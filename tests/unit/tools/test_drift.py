"""What the log of a refresh says was changed by hand."""

import json
from pathlib import Path
from typing import Any

from tools import drift

GROUP = "aws:cloudwatch/logGroup:LogGroup"
IN_WATCH = f"trimaran:aws:Watch${GROUP}"


def outputs(op: str, name: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::trimaran::{IN_WATCH}::{name}"
    return {"resOutputsEvent": {"metadata": {"op": op, "urn": urn, "type": GROUP, **more}}}


def written(path: Path, *events: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events) + "\n")
    return path


def test_what_is_as_declared_is_not_told(tmp_path: Path) -> None:
    log = written(
        tmp_path / "log",
        outputs("same", "a"),
        outputs("refresh", "b"),
        {"resourcePreEvent": {"metadata": {"op": "update", "urn": "x"}}},
        {"summaryEvent": {}},
    )
    assert list(drift.read(log)) == []


def test_what_changed_is_named_with_its_properties_and_what_is_gone_as_gone(
    tmp_path: Path,
) -> None:
    log = written(
        tmp_path / "log",
        outputs("update", "prep", detailedDiff={"tags.owner": {}, "retentionInDays": {}}),
        outputs("update", "plain", diffs=["name"]),
        outputs("update", "quiet"),
        outputs("delete", "serving"),
    )
    assert [str(found) for found in drift.read(log)] == [
        f"prep ({GROUP}): changed: retentionInDays, tags.owner",
        f"plain ({GROUP}): changed: name",
        f"quiet ({GROUP}): changed: outputs only",
        f"serving ({GROUP}): gone",
    ]
