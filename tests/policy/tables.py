"""All cases of all rules, collected from the files below tests/policy/cases."""

import importlib
from collections import defaultdict
from pathlib import Path

from tests.policy.case import Case

_HERE = Path(__file__).parent


def _collected() -> list[Case]:
    found: list[Case] = []
    for path in sorted((_HERE / "cases").rglob("*.py")):
        module = ".".join(("tests.policy", *path.relative_to(_HERE).with_suffix("").parts))
        found += importlib.import_module(module).CASES
    return found


CASES = _collected()
BY_RULE: dict[str, list[Case]] = defaultdict(list)
for _case in CASES:
    BY_RULE[_case.rule].append(_case)
