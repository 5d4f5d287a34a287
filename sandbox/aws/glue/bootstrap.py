"""Runs a Glue script in a child process. It imports the standard library only.

``bootstrap.py FAILURE SCRIPT ARGUMENT...``: the file FAILURE receives ``Type: message`` when
the script ends with an exception, as Glue shows it in a run's ErrorMessage.
"""

import runpy
import sys
import traceback
from importlib.abc import MetaPathFinder
from pathlib import Path

_SPARK = ("pyspark", "awsglue")


class _NoSpark(MetaPathFinder):
    """The last finder asked: says why there is no Spark."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".", maxsplit=1)[0] in _SPARK:
            raise ModuleNotFoundError(
                f"the script imports {name}, but the sandbox runs Glue scripts as plain Python "
                "and has no Spark; use pandas or awswrangler",
                name=name,
            )


def main() -> int:
    """Run the script; the exit code is its own."""
    failure, script = Path(sys.argv[1]), sys.argv[2]
    sys.argv = [script, *sys.argv[3:]]
    sys.path[0] = str(Path(script).parent)
    sys.meta_path.append(_NoSpark())
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        if not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
        failure.write_text(f"SystemExit: {error.code}")
        return error.code if isinstance(error.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - whatever ends the script is its failure
        traceback.print_exc()
        failure.write_text(f"{type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
