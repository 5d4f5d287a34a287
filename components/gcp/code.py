"""Code as Google's services install it: source distributions, byte for byte reproducible."""

import tarfile
import tempfile
from pathlib import Path
from textwrap import dedent
from typing import Final

from components.packaging import ROOT, CodeArchive, pack_directory, pack_distributions

PACKAGE: Final = "trimaran_training"
MODULE: Final = f"{PACKAGE}.task"
# What prepare_beam imports at its top; the rest is for the submitting process.
_PIPELINE: Final = (
    "column_statistics",
    "prepare_beam",
    "sealed_table",
    "stratified_split",
    "table_schema",
    "user_errors",
)
_PACKAGE: Final = "encryption"
# All that model_code/serve.py imports beside the libraries of the model itself, for every Python
# from 3.10 on; without compiled parts, which would be of one Python only.
SERVING_LIBRARIES: Final = (
    "anyio",
    "click",
    "exceptiongroup",
    "h11",
    "idna",
    "starlette",
    "typing_extensions",
    "uvicorn",
)
_SETUP: Final = """\
from setuptools import setup

setup(
    name="{name}",
    version="{version}",
    {content},
)
"""
_TASK: Final = '''\
"""Runs the training script from the folder that came with this package."""

import runpy
import sys
from pathlib import Path

CODE = Path(__file__).resolve().parent / "model_code"

if __name__ == "__main__":
    # The script's modules import each other by their bare names.
    sys.path.insert(0, str(CODE))
    runpy.run_path(str(CODE / "train.py"), run_name="__main__")
'''


def training_package(directory: Path, *, build: Path) -> CodeArchive:
    """``directory``'s modules as a package whose module :data:`MODULE` runs its ``train.py``.

    They stay together in a folder of the package: beside all that an image has installed, bare
    names such as ``evaluate`` could be anybody's.

    Raises:
        PackagingError: for a directory without files.
    """
    files = {f"{PACKAGE}/__init__.py": b"", f"{PACKAGE}/task.py": _TASK.encode()}
    for name, data in _modules(directory).items():
        files[f"{PACKAGE}/model_code/{name}"] = data
    content = dedent(f"""\
        packages=["{PACKAGE}"],
            package_data={{"{PACKAGE}": ["model_code/*.py", "model_code/*/*.py"]}},
            include_package_data=False""")
    return _distribution(PACKAGE, files, content, build=build)


def pipeline_package(directory: Path, *, build: Path) -> CodeArchive:
    """The modules that Dataflow's workers need, as one that pip installs.

    Raises:
        PackagingError: for a directory without files.
    """
    modules = _modules(directory)
    wanted = {f"{name}.py": modules[f"{name}.py"] for name in _PIPELINE if f"{name}.py" in modules}
    names = ", ".join(f'"{name.removesuffix(".py")}"' for name in wanted)
    package = {name: data for name, data in modules.items() if name.startswith(f"{_PACKAGE}/")}
    content = f'py_modules=[{names}],\n    packages=["{_PACKAGE}"]'
    return _distribution("trimaran_preparation", wanted | package, content, build=build)


def serving_libraries(*, root: Path = ROOT) -> CodeArchive:
    """The web server of ``serve.py`` in the versions of the lock file, for images without one.

    Raises:
        PackagingError: when a library is not installed.
    """
    return pack_distributions("serving-libraries", SERVING_LIBRARIES, root=root)


def _modules(directory: Path) -> dict[str, bytes]:
    archive = pack_directory(directory)
    with tarfile.open(archive.path, "r:gz") as stored:
        found = {}
        for member in stored.getmembers():
            file = stored.extractfile(member)
            if file is not None and member.name.endswith(".py"):
                found[member.name] = file.read()
    return found


def _distribution(name: str, files: dict[str, bytes], content: str, *, build: Path) -> CodeArchive:
    version = "1.0"
    setup = _SETUP.format(name=name, version=version, content=content)
    information = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    everything = {"PKG-INFO": information.encode(), "setup.py": setup.encode(), **files}
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        root = Path(scratch) / name
        for path, data in everything.items():
            target = root / f"{name}-{version}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return pack_directory(root)
