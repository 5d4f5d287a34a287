"""The file in which cloudml-hypertune reports metrics, one JSON object a line."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class MetricFile:
    """Reads a trial's reports; the library rewrites the file with its last hundred each time."""

    path: Path
    metrics: list[str]
    measurements: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    _stamp: tuple[int, int] = (0, 0)

    def read(self) -> bool:
        """Take in what is new: step and value by metric, in order. Whether there was any."""
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp == self._stamp:
                return False
            text = self.path.read_text(errors="replace")
        except FileNotFoundError:
            return False
        self._stamp = stamp
        found = False
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the library is writing it
            for metric in self.metrics:
                if not isinstance(entry, dict) or metric not in entry:
                    continue
                key = (metric, str(entry.get("timestamp")), str(entry.get("global_step")))
                if key in self._seen:
                    continue
                self._seen.add(key)
                value = (int(entry.get("global_step") or 0), float(entry[metric]))
                self.measurements.setdefault(metric, []).append(value)
                found = True
        return found

    def final(self, goals: dict[str, str], *, best: bool) -> dict[str, tuple[int, float]] | None:
        """Step and value of each metric: the last, or the best; ``None`` when one is missing.

        Raises nothing for values that are not numbers: they count as missing.
        """
        chosen = {}
        for metric in self.metrics:
            reported = [item for item in self.measurements.get(metric, []) if item[1] == item[1]]
            if not reported:
                return None
            chosen[metric] = reported[-1]
            if best:
                pick = max if goals[metric] == "MAXIMIZE" else min
                chosen[metric] = pick(reported, key=lambda item: item[1])
        return chosen
