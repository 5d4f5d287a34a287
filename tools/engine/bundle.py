"""The official release bundle: command line and language hosts in one archive."""

import concurrent.futures
import http.client
import platform
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from tools.engine import version
from tools.progress import say

LOCATION = "https://get.pulumi.com/releases/sdk/pulumi-v{version}-{system}-{machine}.tar.gz"
ANSWER_WITHIN = 6.0
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
CHUNK = 1 << 20


class NotAvailable(Exception):
    """No release bundle can be had here, and why. Building from source is the way out."""


def address() -> str:
    """Where the bundle for this machine is. Raises NotAvailable for one without bundles."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in {"linux", "darwin"} or machine not in MACHINES:
        raise NotAvailable(f"none is made for {system}/{machine}")
    return LOCATION.format(version=version.WANTED, system=system, machine=MACHINES[machine])


def download(into: Path) -> None:
    """Fetches the bundle and lays its programs into the directory `into`.

    Raises NotAvailable, within seconds when nothing answers.
    """
    source = address()
    say(f"engine: trying {source}")
    try:
        with tempfile.TemporaryFile(dir=into) as archive, _open(source) as answer:
            _copy(answer, archive)
            archive.seek(0)
            _unpack(archive, into)
    except (OSError, http.client.HTTPException, tarfile.TarError) as error:
        raise NotAvailable(str(error) or type(error).__name__) from error
    _require_working(into)


def _open(source: str) -> http.client.HTTPResponse:
    """The answer, or OSError after ANSWER_WITHIN seconds.

    A socket's time-out leaves out name look-up, which alone can hang for half a minute on
    a machine without network, so the whole is bounded by a thread that is given up.
    """
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    opening = pool.submit(urllib.request.urlopen, source, timeout=ANSWER_WITHIN)
    try:
        answer = opening.result(timeout=ANSWER_WITHIN)
    except concurrent.futures.TimeoutError:
        raise OSError(f"no answer within {ANSWER_WITHIN:.0f} s") from None
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(str(error)) from error
    except urllib.error.URLError as error:
        raise OSError(str(error.reason)) from error
    finally:
        pool.shutdown(wait=False)
    assert isinstance(answer, http.client.HTTPResponse)
    return answer


def _copy(answer: http.client.HTTPResponse, archive: IO[bytes]) -> None:
    size = int(answer.headers.get("Content-Length") or 0)
    got, reported = 0, time.monotonic()
    while chunk := answer.read(CHUNK):
        archive.write(chunk)
        got += len(chunk)
        if time.monotonic() - reported > 2:
            of = f" of {size >> 20}" if size else ""
            say(f"  {got >> 20}{of} MiB")
            reported = time.monotonic()
    if size and got != size:
        raise OSError(f"the download broke off after {got} of {size} bytes")


def _unpack(archive: IO[bytes], into: Path) -> None:
    """The archive's one directory of programs, flattened; links and the like are refused."""
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        for member in tar:
            source = tar.extractfile(member) if member.isfile() else None
            if source is not None:
                target = into / Path(member.name).name
                with source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
                target.chmod(0o755)


def _require_working(directory: Path) -> None:
    try:
        said = subprocess.run(
            [directory / "pulumi", "version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise NotAvailable(f"the bundle's pulumi does not run here: {error}") from error
    if not version.is_compatible(said):
        raise NotAvailable(f"the bundle holds version {said.strip()}")
