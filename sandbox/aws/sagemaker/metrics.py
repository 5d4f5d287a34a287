"""Metrics out of a job's log lines, by the regular expressions of its metric definitions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.aws.context import Refusal


@dataclass
class MetricReader:
    """Finds values in lines; remembers every value in order, the last one is final."""

    patterns: dict[str, re.Pattern[str]]
    values: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, definitions: Sequence[Mapping[str, str]]) -> "MetricReader":
        """Raises Refusal when an expression is not valid."""
        patterns = {}
        for definition in definitions:
            try:
                patterns[definition["Name"]] = re.compile(definition["Regex"])
            except re.error as error:
                raise Refusal(
                    "ValidationException",
                    f"Invalid regex {definition['Regex']!r} of metric {definition['Name']}: "
                    f"{error}",
                ) from error
        return cls(patterns)

    def read(self, line: str) -> list[tuple[str, float]]:
        """The metrics in one line: the expression's first group as a number."""
        found = []
        for name, pattern in self.patterns.items():
            for match in pattern.finditer(line):
                text = match.group(1) if pattern.groups else match.group(0)
                try:
                    value = float(text)
                except (TypeError, ValueError):
                    continue
                self.values.setdefault(name, []).append(value)
                found.append((name, value))
        return found
