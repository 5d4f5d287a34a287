"""The first step of a container in a group: fetch code and model from Blob Storage, checked.

    FETCH_INTO=/mnt/app FETCH_FILES='[{"url": …, "sha256": …, "to": …, "unpack": true}]' \
        python3 aci_fetch.py

One file on the standard library alone: it runs before anything else is there. It reads as the
managed identity that AZURE_CLIENT_ID names (the group's only one without), so no key of the storage
account is needed. What has not the digest that the stack told is not stored. Archives (`.tar.gz`,
`.zip`) bring plain files and directories only, and nothing outside of their directory.
"""

import hashlib
import hmac
import io
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

# https://learn.microsoft.com/azure/container-instances/container-instances-managed-identity
_METADATA = "http://169.254.169.254/metadata/identity/oauth2/token"
_RESOURCE = "https://storage.azure.com/"
# The first version that takes tokens is 2017-11-09.
_STORAGE_VERSION = "2021-12-02"
# A new group's identity, and a grant to it, take minutes until they hold.
_PATIENCE_SECONDS = 300.0
_LONGEST_PAUSE = 15.0
_REQUEST_SECONDS = 60.0
_MOST_BYTES = 4 << 30


class FetchError(Exception):
    """What is asked for cannot be had; the message names it and the remedy."""


class _Later(Exception):
    """Not now, perhaps in a moment."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _open(url: str, headers: Mapping[str, str]) -> Any:
    """A response. Raises _Later for what may pass, FetchError for what will not."""
    request = urllib.request.Request(url, headers=dict(headers))
    place = url.partition("?")[0]
    try:
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=_REQUEST_SECONDS)
    except urllib.error.HTTPError as error:
        reason = f"{place} answered {error.code} {error.headers.get('x-ms-error-code') or ''}"
        # 403 while a grant spreads, 400 and 404 of the identity service before it knows the group.
        if error.code in (401, 403, 404, 408, 410, 429) or error.code >= 500:
            raise _Later(reason.strip()) from None
        if place.endswith("/token"):
            raise _Later(reason.strip()) from None
        raise FetchError(reason.strip()) from None
    except OSError as error:
        raise _Later(f"{place} cannot be reached: {getattr(error, 'reason', error)}") from None


def token(environ: Mapping[str, str]) -> str:
    """An access token for Blob Storage from the identity service of where this runs."""
    query = {"resource": _RESOURCE}
    if environ.get("AZURE_CLIENT_ID"):
        query["client_id"] = environ["AZURE_CLIENT_ID"]
    endpoint = environ.get("IDENTITY_ENDPOINT")
    if endpoint:
        query["api-version"] = "2019-08-01"
        headers = {"X-IDENTITY-HEADER": environ.get("IDENTITY_HEADER", "")}
    else:
        endpoint, query["api-version"] = _METADATA, "2018-02-01"
        headers = {"Metadata": "true"}
    with _open(f"{endpoint}?{urllib.parse.urlencode(query)}", headers) as response:
        return str(json.load(response)["access_token"])


def _download(url: str, access_token: str, target: IO[bytes]) -> str:
    """Write a blob to `target`; its SHA-256 in hexadecimal."""
    headers = {"Authorization": f"Bearer {access_token}", "x-ms-version": _STORAGE_VERSION}
    digest = hashlib.sha256()
    size = 0
    with _open(url, headers) as response:
        while block := response.read(1 << 20):
            size += len(block)
            if size > _MOST_BYTES:
                raise FetchError(f"{url} is larger than {_MOST_BYTES} bytes")
            digest.update(block)
            target.write(block)
        declared = response.headers.get("Content-Length")
    if declared is not None and int(declared) != size:
        raise _Later(f"{url} broke off after {size} of {declared} bytes")
    return digest.hexdigest()


def _fetch(item: Mapping[str, Any], into: Path, environ: Mapping[str, str]) -> None:
    target = into / item["to"]
    with tempfile.TemporaryDirectory(dir=into, prefix=".fetch-") as scratch:
        file = Path(scratch) / "blob"
        with file.open("wb") as stream:
            digest = _download(item["url"], token(environ), stream)
        if not hmac.compare_digest(digest, item["sha256"]):
            raise FetchError(
                f"{item['url']} has SHA-256 {digest}, not the {item['sha256']} that was deployed: "
                "it was changed or replaced and is not used. Deploy again."
            )
        content = file
        if item.get("unpack"):
            content = Path(scratch) / "content"
            unpack(file, content)
        target.parent.mkdir(parents=True, exist_ok=True)
        # A restarted group finds what its last run left.
        shutil.rmtree(target, ignore_errors=True)
        content.replace(target)


def unpack(archive: Path, directory: Path) -> None:
    """Open a zip or tar archive. Raises FetchError for one that could write anywhere else."""
    directory.mkdir()
    size = 0
    for name, source in _members(archive):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise FetchError(f"{name!r} in an archive leads out of its directory")
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as stream:
            while block := source.read(1 << 20):
                size += len(block)
                if size > _MOST_BYTES:
                    raise FetchError(f"an archive has more than {_MOST_BYTES} bytes")
                stream.write(block)


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Names and contents of the plain files in an archive."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                for entry in zipped.infolist():
                    if not entry.is_dir():
                        yield entry.filename, zipped.open(entry)
            return
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                if member.isfile():
                    yield member.name, tar.extractfile(member) or io.BytesIO()
                elif not member.isdir():
                    raise FetchError(f"{member.name!r} in an archive is a link or a device")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise FetchError(f"an archive cannot be opened: {error}") from None


def read_items(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """FETCH_FILES, checked. Raises FetchError."""
    try:
        items = json.loads(environ["FETCH_FILES"])
        for item in items:
            place = PurePosixPath(item["to"])
            if place.is_absolute() or ".." in place.parts or not place.parts:
                raise FetchError(f"FETCH_FILES: to={item['to']!r} leads out of FETCH_INTO")
            # A token is sent along.
            if not str(item["url"]).startswith("https://"):
                raise FetchError(f"FETCH_FILES: {item['url']!r} is no https address")
            if not re.fullmatch("[0-9a-f]{64}", str(item["sha256"])):
                raise FetchError(
                    f"FETCH_FILES: sha256 of {item['to']} is no SHA-256 in hexadecimal"
                )
    except (KeyError, TypeError, ValueError) as error:
        raise FetchError(
            'FETCH_FILES must be JSON: [{"url": …, "sha256": …, "to": …, "unpack": false}] '
            f"({type(error).__name__}: {error})"
        ) from None
    return list(items)


def fetch_all(environ: Mapping[str, str], patience: float = _PATIENCE_SECONDS) -> None:
    """Fetch every file, waiting for rights that still spread. Raises FetchError."""
    items = read_items(environ)
    if not environ.get("FETCH_INTO"):
        raise FetchError("FETCH_INTO is not set: name the directory that the container mounts")
    into = Path(environ["FETCH_INTO"])
    into.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience
    for item in items:
        pause = 1.0
        while True:
            try:
                _fetch(item, into, environ)
                print(f"fetched {item['to']} from {item['url']}", flush=True)
                break
            except _Later as error:
                if time.monotonic() + pause > deadline:
                    raise FetchError(
                        f"{error}. The identity needs the role Storage Blob Data Reader on the "
                        "container, and the group a way to the storage account."
                    ) from None
                print(f"waiting: {error}", flush=True)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)


def main() -> None:
    """Fetch, or end with code 1 and the reason."""
    try:
        fetch_all(os.environ)
    except FetchError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: the files cannot be written: {error}")


if __name__ == "__main__":
    main()
