"""Reads an MLTable: a folder with a file ``MLTable`` that says which files are the table.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable
"""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml


class TableError(Exception):
    """The table cannot be read; the text is the job's error."""


def read(folder: Path) -> pd.DataFrame:
    """The rows of all its files.

    Raises:
        TableError: there is no MLTable, it names no file, or a format that is not read here.
    """
    file = folder / "MLTable"
    if not file.is_file():
        raise TableError("The folder has no MLTable file.")
    try:
        described = yaml.safe_load(file.read_text()) or {}
    except yaml.YAMLError as error:
        raise TableError(f"The MLTable is no YAML: {error}") from error
    files = [found for item in described.get("paths") or [] for found in _files(folder, item)]
    if not files:
        raise TableError("The MLTable names no file that exists.")
    steps = described.get("transformations") or []
    names = [step if isinstance(step, str) else next(iter(step)) for step in steps]
    settings: dict[str, Any] = {}
    for step in steps:
        if isinstance(step, dict) and "read_delimited" in step:
            settings = step["read_delimited"] or {}
    unknown = [name for name in names if name not in ("read_delimited", "read_parquet")]
    if unknown:
        raise TableError(f"The sandbox does not read MLTables with {unknown[0]}.")
    if "read_delimited" in names:
        separator = str(settings.get("delimiter", ","))
        frames = [pd.read_csv(path, sep=separator) for path in files]
    else:
        frames = [pd.read_parquet(path) for path in files]
    return pd.concat(frames, ignore_index=True)


def _files(folder: Path, item: Any) -> list[Path]:
    """What one entry of ``paths`` names, inside of the folder."""
    if not isinstance(item, dict):
        raise TableError("Each of the MLTable's paths must be file, folder or pattern.")
    kind, text = next(iter(item.items()))
    relative = str(text).removeprefix("./")
    if kind == "pattern":
        found = sorted(folder.glob(relative))
    elif kind == "folder":
        inner = folder if relative in ("", ".") else folder / relative
        found = [path for path in sorted(inner.rglob("*")) if path.name != "MLTable"]
    else:
        found = [folder / relative]
    root = folder.resolve()
    return [path for path in found if path.is_file() and path.resolve().is_relative_to(root)]
