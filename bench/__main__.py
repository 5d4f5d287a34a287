"""`make bench`: measures and writes the figures into docs/performance.md.

python -m bench [stack|growth|serving|transfer|tuning|encryption]

All by default; minutes, on a machine at rest.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
MEASURED = ("stack", "growth", "serving", "transfer", "tuning", "encryption")


def measure(name: str, output: Path) -> str:
    """The table that ``bench.<name>`` writes, as Markdown."""
    command = [sys.executable, "-m", f"bench.{name}", "--output", str(output)]
    subprocess.run(command, check=True, cwd=PAGE.parents[1])
    return output.read_text().strip()


def spliced(page: str, name: str, table: str) -> str:
    """``page`` with ``table`` between the marks of ``name``.

    Raises ValueError when the page has no such marks.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{PAGE} has no place for {name}: it needs {begin.strip()} and its end")
    return f"{before}{begin}{table}\n{end}{after}"


def main() -> None:
    """Measures what was asked for and renews its part of the page."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("what", nargs="*", choices=MEASURED, default=list(MEASURED))
    with tempfile.TemporaryDirectory() as directory:
        for name in parser.parse_args().what:
            table = measure(name, Path(directory) / f"{name}.md")
            PAGE.write_text(spliced(PAGE.read_text(), name, table))
            print(f"{PAGE.name}: {name}\n{table}")


if __name__ == "__main__":
    main()
