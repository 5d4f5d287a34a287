"""What a serving container runs first: fetch model, code and libraries, then become our server.

Its text is the container's command (``python3 -c TEXT``), so it uses the standard library only and
runs on every Python that an image may have (3.9 and newer). Google's own server would load a pickle
that nobody checked, and its images promise neither a web server nor a client of Cloud Storage.

Reads ``AIP_STORAGE_URI`` (Google's copy of the artefacts, which the container's account may read:
https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements#artifacts) and
``SERVING_LIBRARIES_URI`` with ``SERVING_LIBRARIES_SHA256``, an archive in the stack's own bucket.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

STORAGE = "https://storage.googleapis.com"
ATTEMPTS = 5
SECONDS = 60


def opened(url: str, headers: Mapping[str, str]) -> Any:
    """The response of a GET; passing faults are tried again.

    Raises SystemExit with the reason when it fails for good.
    """
    request = urllib.request.Request(url, headers=dict(headers))
    attempt = 0
    while True:
        attempt += 1
        try:
            return urllib.request.urlopen(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            passing = error.code in (408, 429) or error.code >= 500
            reason = f"HTTP {error.code} {error.read(500).decode('utf-8', 'replace')}"
        except OSError as error:
            passing, reason = True, str(error)
        if not passing or attempt == ATTEMPTS:
            sys.exit(f"{url} cannot be read: {reason}")
        time.sleep(0.5 * 2**attempt)


class Bucket:
    """Objects below ``gs://bucket/prefix``, read with the container's own account."""

    def __init__(self, uri: str) -> None:
        name, _, self.prefix = uri[len("gs://") :].partition("/")
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        self.objects = f"{emulator or STORAGE}/storage/v1/b/{urllib.parse.quote(name, safe='')}/o"
        self.headers = {} if emulator else {"Authorization": f"Bearer {token()}"}

    def names(self) -> Iterator[str]:
        """Names of all objects below the prefix."""
        query = {"prefix": self.prefix.rstrip("/") + "/", "fields": "items(name),nextPageToken"}
        while True:
            with opened(f"{self.objects}?{urllib.parse.urlencode(query)}", self.headers) as answer:
                page = json.load(answer)
            yield from (item["name"] for item in page.get("items", []))
            if not page.get("nextPageToken"):
                return
            query["pageToken"] = page["nextPageToken"]

    def download(self, name: str, target: Path) -> None:
        """Writes the object to the file ``target``."""
        target.parent.mkdir(parents=True, exist_ok=True)
        url = f"{self.objects}/{urllib.parse.quote(name, safe='')}?alt=media"
        with opened(url, self.headers) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file)


def token() -> str:
    """An access token of the account that the container runs as."""
    host = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
    url = f"http://{host}/computeMetadata/v1/instance/service-accounts/default/token"
    with opened(url, {"Metadata-Flavor": "Google"}) as answer:
        return str(json.load(answer)["access_token"])


def fetch_model(uri: str, folder: Path) -> None:
    """Downloads everything below ``uri`` into ``folder``."""
    bucket = Bucket(uri)
    prefix = bucket.prefix.rstrip("/") + "/"
    for name in bucket.names():
        target = folder / name[len(prefix) :]
        if name.endswith("/"):
            continue
        if folder not in target.resolve().parents:
            sys.exit(f"object {name!r} of {uri} leads out of its folder")
        bucket.download(name, target)


def fetch_libraries(uri: str, sha256: str, file: Path) -> None:
    """Downloads the archive of libraries; refuses any other than the one with this digest."""
    bucket = Bucket(uri)
    bucket.download(bucket.prefix, file)
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{uri} has the digest {found}, not {sha256}: it is not what was deployed")


def main() -> None:
    """Fetch, then become the server."""
    scratch = Path(tempfile.mkdtemp(prefix="serving-")).resolve()
    model, libraries = scratch / "model", scratch / "libraries.zip"
    fetch_model(os.environ["AIP_STORAGE_URI"], model)
    fetch_libraries(
        os.environ["SERVING_LIBRARIES_URI"], os.environ["SERVING_LIBRARIES_SHA256"], libraries
    )
    # In front of what the image has: the server runs on the versions it was tested with.
    path = [str(libraries), os.environ.get("PYTHONPATH", "")]
    environment = {
        # Vertex AI reaches the container from outside of it.
        "SERVE_HOST": "0.0.0.0",  # noqa: S104
        **os.environ,
        "MODEL_DIR": str(model),
        "PYTHONPATH": os.pathsep.join(entry for entry in path if entry),
    }
    server = str(model / "code" / "serve.py")
    os.execve(sys.executable, [sys.executable, server], environment)


if __name__ == "__main__":
    main()
