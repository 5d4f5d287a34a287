"""What the installed botocore knows of AWS, read without importing it.

The import brings an HTTP client, signers and, where it is installed, AWS's native runtime: a good
part of the time that a program takes to start, for files that are plain JSON.
"""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def load(name: str) -> Any:
    """A data file by its name without ending, such as ``partitions``; ``*`` is the newest version.

    Raises:
        FileNotFoundError: botocore has none of that name.
    """
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("botocore is not installed")
    found = sorted((Path(spec.origin).parent / "data").glob(f"{name}.json*"))
    if not found:
        raise FileNotFoundError(f"botocore has no data {name}")
    content = found[-1].read_bytes()
    return json.loads(gzip.decompress(content) if found[-1].suffix == ".gz" else content)
