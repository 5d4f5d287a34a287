"""Answers of price APIs, kept for a day in the user's cache."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tools.cost.prices import Live

KEPT_SECONDS: Final = 24 * 3600


class Cache:
    """A JSON file of answers. One that cannot be read or written costs a question, no more."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now

    def wrap(self, cloud: str, ask: Live) -> Live:
        """``ask``, which is asked again only after a day. What is out of reach is not kept."""

        def cached(item: str, region: str) -> Mapping[str, float]:
            key = f"{cloud} {region} {item}"
            kept = self._read().get(key)
            if kept is not None and self._now() - float(kept["at"]) < KEPT_SECONDS:
                prices: Mapping[str, float] = kept["prices"]
                return prices
            answer = dict(ask(item, region))
            self._write(key, {"at": self._now(), "prices": answer})
            return answer

        return cached

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, key: str, entry: Mapping[str, Any]) -> None:
        content = self._read()
        content[key] = entry
        partial = self._path.with_suffix(".partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(content), encoding="utf-8")
            partial.replace(self._path)
        except OSError:
            return
