"""Files to and from the sandbox's Cloud Storage, and archives opened with care."""

import shutil
import tarfile
import zipfile
from pathlib import Path

from sandbox.archives import UnsafeArchiveError, extract
from sandbox.errors import JobError
from sandbox.gcp.context import Context

LIMIT = 4 << 30


def parse(uri: str) -> tuple[str, str]:
    """Bucket and object name of ``gs://bucket/name``.

    Raises:
        JobError: it is something else.
    """
    rest = uri.removeprefix("gs://")
    bucket, _, name = rest.partition("/")
    if rest == uri or not bucket:
        raise JobError(f"{uri!r} is not a Cloud Storage URI (gs://bucket/object)")
    return bucket, name


def download(context: Context, uri: str, target: Path) -> None:
    """One object to one file.

    Raises:
        JobError: there is no such object.
    """
    bucket, name = parse(uri)
    item = context.objects.find(bucket, name)
    if item is None:
        raise JobError(f"No such object: {uri}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(context.objects.bodies.path(item.body), target)


def download_directory(context: Context, uri: str, target: Path) -> int:
    """Every object below ``uri``, named by what follows; how many there were.

    Raises:
        JobError: a name leads out of ``target``.
    """
    bucket, prefix = parse(uri.rstrip("/") + "/")
    count, start = 0, prefix
    while True:
        items = context.objects.scan(
            bucket, start=start, end=prefix + "\U0010ffff", states=("live",), limit=500
        )
        for item in items:
            start = item.name + "\0"
            if item.name.endswith("/"):
                continue
            path = (target / item.name.removeprefix(prefix)).resolve()
            if not path.is_relative_to(target.resolve()):
                raise JobError(f"object {item.name!r} leads out of its directory")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(context.objects.bodies.path(item.body), path)
            count += 1
        if len(items) < 500:
            return count


def unpack(archive: Path, directory: Path) -> None:
    """Open a zip, wheel or tar archive, refusing what could write outside of ``directory``.

    Raises:
        JobError: not an archive, too large, or with members that lead out.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                if sum(member.file_size for member in zipped.infolist()) > LIMIT:
                    raise JobError(f"{archive.name} is larger than {LIMIT} bytes")
                zipped.extractall(directory)  # noqa: S202 - zipfile keeps members inside
            return
        with tarfile.open(archive, "r:*") as tar:
            members = tar.getmembers()
            if sum(member.size for member in members) > LIMIT:
                raise JobError(f"{archive.name} is larger than {LIMIT} bytes")
            extract(tar, directory)
    except (UnsafeArchiveError, tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise JobError(f"{archive.name} is not a usable archive: {error}") from error
