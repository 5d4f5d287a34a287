"""Writes docs/policy-rules.md from the rules, so that it cannot fall behind them."""

import sys
from collections.abc import Iterator

from policy import discovery, profile
from tools import paths

PAGE = paths.PROJECT / "docs" / "policy-rules.md"
HEAD = """# Rules of the policy pack

Made from `policy/rules` and `policy/profiles/prod.yaml` by `python -m tools.policy_reference`;
[policy.md](policy.md) tells how to use them. Mandatory unless the last column says why not.

| rule | holds when | severity | GDPR | HIPAA | also known as | opt-in because |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    optional = profile.opt_in("prod")
    for found in discovery.rules():
        rule = found.rule
        cells = (
            f"[`{found.id}`](../policy/rules/{found.id}.py)",
            f"[{rule.title}]({rule.link})",
            str(rule.severity),
            ", ".join(rule.gdpr),
            ", ".join(rule.hipaa),
            ", ".join(rule.controls),
            optional.get(found.id, ""),
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main() -> int:
    """`python -m tools.policy_reference` writes the page."""
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
