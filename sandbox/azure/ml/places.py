"""Where the URIs of Azure ML lead: a container and a path in a storage account."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.azure.context import Context
from sandbox.errors import JobError
from sandbox.store import Record

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

PROVIDER: Final = "Microsoft.MachineLearningServices"
ARTIFACTS: Final = "azureml"
RUNS: Final = "ExperimentRun/dcid."
_DATASTORE: Final = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resource[gG]roups/[^/]+(?:/providers/[^/]+)?"
    r"/workspaces/[^/]+/)?datastores/(?P<store>[^/]+)/paths/(?P<path>.*)"
)
_JOB: Final = re.compile(
    r"azureml://jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths/(?P<path>.*))?"
)
_ASSET: Final = re.compile(
    r"(?P<workspace>/subscriptions/.+?/workspaces/[^/]+)/(?P<kind>\w+)/(?P<name>[^/]+)"
    r"/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)
_SHORT: Final = re.compile(r"azureml:(?P<name>[^/:]+)(?::(?P<version>[^/:]+)|@latest)?")
_PUBLIC: Final = re.compile(
    r"(?:https|wasbs)://(?:(?P<box>[^@/]+)@)?(?P<account>\w+)\.blob\.[\w.]+/(?P<rest>.*)"
)
# Which property of an asset's version says where it is.
_URIS: Final = {"data": "dataUri", "models": "modelUri", "codes": "codeUri"}


@dataclass(frozen=True)
class Place:
    """A blob, or a folder of blobs."""

    account: str
    container: str
    path: str

    def below(self, name: str) -> "Place":
        """What is below it."""
        return Place(self.account, self.container, f"{self.path.rstrip('/')}/{name}".lstrip("/"))


class Places:
    """Resolves URIs of one workspace and moves files."""

    def __init__(self, context: Context, workspace: Record) -> None:
        self._context = context
        self._workspace = workspace

    @property
    def account(self) -> str:
        """The workspace's own storage account."""
        return str(self._workspace["properties"]["storageAccount"]).rsplit("/", 1)[-1]

    def of_run(self, run: str) -> Place:
        """Where a run keeps its files: logs and ``outputs/``."""
        return Place(self.account, ARTIFACTS, f"{RUNS}{run}")

    def default_output(self, run: str, output: str) -> str:
        """Where an output goes that has no place of its own."""
        return f"azureml://datastores/workspaceblobstore/paths/azureml/{run}/{output}/"

    def find(self, uri: str) -> Place:
        """Where a URI leads.

        Raises:
            JobError: there is no such thing, or it cannot be understood.
        """
        if match := _DATASTORE.fullmatch(uri):
            return self._in_store(match["store"], match["path"])
        if match := _JOB.fullmatch(uri):
            return self._of_job(match["job"], match["output"], match["path"] or "")
        if match := _ASSET.fullmatch(uri.removeprefix("azureml:")):
            return self.find(self.asset_uri(uri.removeprefix("azureml:")))
        own = self._context.blobs.endpoint("").rstrip("/")
        if uri.startswith(f"{own}/"):
            account, _, rest = uri.removeprefix(f"{own}/").partition("/")
            container, _, path = rest.partition("/")
            return Place(account, container, path)
        if match := _PUBLIC.fullmatch(uri):
            container, path = match["box"] or "", match["rest"]
            if not container:
                container, _, path = path.partition("/")
            return Place(match["account"], container, path)
        raise JobError(f"{uri!r} is not understood: use azureml://datastores/…, an asset or https")

    def datastore_uri(self, uri: str) -> str:
        """A URI of a job's output as one of the data store where it is; others as they are.

        Raises:
            JobError: there is no such job or output.
        """
        if _JOB.fullmatch(uri) is None:
            return uri
        place = self.find(uri)
        for store in self._context.resources.children(self._workspace["id"], "datastores"):
            facts = store["properties"]
            if (facts.get("accountName"), facts.get("containerName")) == (
                place.account,
                place.container,
            ):
                where, name = str(self._workspace["id"]).split(f"/providers/{PROVIDER}/")
                return f"azureml:/{where}/{name}/datastores/{store['name']}/paths/{place.path}"
        return uri

    def asset_uri(self, identifier: str, kind: str = "data") -> str:
        """The URI that a version of data, a model or code has.

        Raises:
            JobError: there is none.
        """
        if match := _SHORT.fullmatch(identifier):
            versions = f"{self._workspace['id']}/{kind}/{match['name']}"
            found = self._context.resources.children(versions, "versions")
            wanted = match["version"]
            chosen = [item for item in found if wanted is None or item["name"] == wanted]
            if not chosen:
                raise JobError(f"there is no {kind} {identifier}")
            record = max(chosen, key=lambda item: item.get("_number", 0))
        else:
            identifier = identifier.removeprefix("azureml:")
            match = _ASSET.fullmatch(identifier)
            found_record = self._context.resources.get(identifier)
            if match is None or found_record is None or match["kind"].lower() not in _URIS:
                raise JobError(f"there is nothing like {identifier}")
            kind, record = match["kind"].lower(), found_record
        return str(record["properties"][_URIS[kind]])

    def _in_store(self, name: str, path: str) -> Place:
        record = self._context.resources.get(f"{self._workspace['id']}/datastores/{name}")
        if record is None or not record["properties"].get("accountName"):
            raise JobError(f"the workspace has no data store {name!r} in a storage account")
        properties = record["properties"]
        return Place(properties["accountName"], properties["containerName"], path)

    def _of_job(self, job: str, output: str, path: str) -> Place:
        if output == "artifacts":
            return self.of_run(job).below(path)
        record = self._context.resources.get(f"{self._workspace['id']}/jobs/{job}")
        given = ((record or {}).get("properties", {}).get("outputs") or {}).get(output)
        if given is None:
            raise JobError(f"there is no job {job} with an output {output}")
        uri = given.get("uri") or self.default_output(job, output)
        return self.find(uri).below(path) if path else self.find(uri)

    # Files.

    @contextmanager
    def _container(self, place: Place) -> Iterator["ContainerClient"]:
        from azure.core.exceptions import AzureError

        known = self._context.resources.of_type("Microsoft.Storage/storageAccounts")
        if not any(item["name"] == place.account for item in known):
            raise JobError(f"there is no storage account {place.account}")
        try:
            with self._context.blobs.client(place.account) as client:
                yield client.get_container_client(place.container)
        except AzureError as error:
            text = getattr(error, "message", "") or str(error)
            raise JobError(
                f"{place.account}/{place.container}/{place.path}: {text.splitlines()[0]}"
            ) from error

    def download(self, place: Place, target: Path) -> bool:
        """A blob to a file, or a folder to a directory; whether it was a folder.

        Raises:
            JobError: there is nothing.
        """
        prefix = f"{place.path.rstrip('/')}/" if place.path else ""
        with self._container(place) as client:
            if (
                place.path
                and not place.path.endswith("/")
                and client.get_blob_client(place.path).exists()
            ):
                target.parent.mkdir(parents=True, exist_ok=True)
                _save(client, place.path, target)
                return False
            count = 0
            for name in client.list_blob_names(name_starts_with=prefix):
                if name.endswith("/"):
                    continue
                file = (target / name.removeprefix(prefix)).resolve()
                if not file.is_relative_to(target.resolve()):
                    raise JobError(f"blob {name!r} leads out of its folder")
                file.parent.mkdir(parents=True, exist_ok=True)
                _save(client, name, file)
                count += 1
        if not count:
            raise JobError(f"there is nothing at {place.account}/{place.container}/{place.path}")
        return True

    def upload(self, source: Path, place: Place) -> None:
        """A file to a blob, or what is in a directory to blobs below a folder.

        Raises:
            JobError: the account is gone.
        """
        from azure.core.exceptions import ResourceExistsError

        with self._container(place) as client:
            with suppress(ResourceExistsError):
                client.create_container()
            files = sorted(path for path in source.rglob("*") if path.is_file())
            pairs = [
                (file, place.below(file.relative_to(source).as_posix()).path) for file in files
            ]
            for file, name in pairs if source.is_dir() else [(source, place.path)]:
                with file.open("rb") as stream:
                    client.upload_blob(name, stream, overwrite=True)

    def put(self, place: Place, content: bytes) -> None:
        """Write one blob."""
        from azure.core.exceptions import ResourceExistsError

        with self._container(place) as client:
            with suppress(ResourceExistsError):
                client.create_container()
            client.upload_blob(place.path, content, overwrite=True)


def _save(client: Any, name: str, file: Path) -> None:
    partial = file.with_name(f".{file.name}.part")
    with partial.open("wb") as stream:
        client.get_blob_client(name).download_blob().readinto(stream)
    shutil.move(partial, file)


def workspace_of(context: Context, identifier: str) -> Record:
    """The workspace that something is in."""
    marker = "/workspaces/"
    head, _, tail = identifier.lower().partition(marker)
    return context.resources.require(f"{head}{marker}{tail.partition('/')[0]}")
