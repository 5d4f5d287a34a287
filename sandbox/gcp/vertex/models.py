"""The model registry: upload, versions, aliases. A version is immutable but for its labels."""

import re
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import already_exists, invalid, not_found, precondition
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import apply_mask, masked, matches, page
from sandbox.gcp.recorded.collection import visible
from sandbox.gcp.vertex import automl_models
from sandbox.gcp.vertex.resources import PARENT, Resources
from sandbox.router import Request
from sandbox.store import Record

DEFAULT = "default"
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
_MODEL_ID = re.compile(r"[a-z0-9_-]{1,63}")
_UPDATABLE = {"displayName", "description", "labels", "versionDescription", "metadata"}


class Models(Resources):
    """Answers the methods of models. A record holds all versions, in ``_versions``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "models")
        self.routes_to_read()
        base = f"{PARENT}/models"
        self.route("POST", f"{base}:upload", self._upload)
        self.route("PATCH", f"{base}/{{id}}", self._patch)
        self.route("DELETE", f"{base}/{{id}}", self._delete)
        self.route("DELETE", f"{base}/{{id}}:deleteVersion", self._delete_version)
        self.route("GET", f"{base}/{{id}}:listVersions", self._list_versions)
        self.route("POST", f"{base}/{{id}}:mergeVersionAliases", self._merge_aliases)
        self.route("GET", f"{base}/{{id}}/evaluations", self._list_evaluations)
        self.route("GET", f"{base}/{{id}}/evaluations/{{evaluation}}", self._evaluation)

    def version(self, name: str) -> Record:
        """The version a name means: ``…/models/1``, ``…/models/1@2`` or ``…/models/1@alias``.

        Raises:
            ApiError: there is no such model or version.
        """
        record = self.find_by_name(name)
        _, _, wanted = name.partition("@")
        return self._version(record, wanted or DEFAULT)

    @staticmethod
    def _version(record: Record, wanted: str) -> Record:
        for version in record["_versions"]:
            if wanted == version["versionId"] or wanted in version.get("versionAliases", []):
                return {**version, "name": record["name"]}
        raise not_found(f"Model version {record['name']}@{wanted}")

    def get(self, request: Request) -> Record:
        return self._asked(request)

    def listing(self, request: Request) -> Record:
        expression = request.query.get("filter", "")
        found = [self._version(record, DEFAULT) for record in self.all(request)]
        return page(request, "models", [item for item in found if matches(item, expression)])

    def _upload(self, request: Request) -> Record:
        body = request.json()
        given = dict(body.get("model", {}))
        self._check(given)
        version = self.add(
            request, given, model_id=body.get("modelId"), parent_model=body.get("parentModel")
        )
        result = {"model": version["name"], "modelVersionId": version["versionId"]}
        return self.operation(
            request,
            lambda: result,
            response="UploadModelResponse",
            metadata="UploadModelOperationMetadata",
            under=version["name"],
        )

    def add(
        self, request: Request, given: Record, *, model_id: str | None, parent_model: str | None
    ) -> Record:
        """Keep a version: the first of a new model, or with ``parent_model`` another of that.

        Raises:
            ApiError: a wrong id or alias, a model that is there already or is not there.
        """
        given = dict(given)
        asked = given.pop("versionAliases", [])
        aliases = [alias for alias in asked if alias != DEFAULT]
        for alias in aliases:
            _check_alias(alias)
        with self.store.transaction():
            if parent_model:
                record = self.find_by_name(parent_model.split("@", maxsplit=1)[0])
            else:
                record = self._new_model(request, given, model_id)
            version = self._add_version(record, given, aliases, default=DEFAULT in asked)
            self.save(record)
        return version

    def _list_evaluations(self, request: Request) -> Record:
        return automl_models.listing(self.context, request, self._asked(request))

    def _evaluation(self, request: Request) -> Record:
        return automl_models.one(
            self.context, self._asked(request), request.variables["evaluation"]
        )

    def _asked(self, request: Request) -> Record:
        """The version that a request names."""
        return self.version(f"{self.parent(request)}/models/{request.variables['id']}")

    @staticmethod
    def _check(given: Record) -> None:
        if not given.get("displayName"):
            raise invalid("Model.display_name is required but missing.")
        artifact = given.get("artifactUri")
        if artifact and not artifact.startswith("gs://"):
            raise invalid(f"artifact_uri {artifact!r} is not a Cloud Storage directory.")
        if not given.get("containerSpec", {}).get("imageUri"):
            raise invalid("Model.container_spec.image_uri is required but missing.")

    def _new_model(self, request: Request, given: Record, wanted: str | None) -> Record:
        if wanted is not None and not _MODEL_ID.fullmatch(wanted):
            raise invalid(f"model_id {wanted!r} must match {_MODEL_ID.pattern}.")
        kept: Record = {
            key: given[key] for key in ("displayName", "labels", "encryptionSpec") if key in given
        }
        record = self.new(request, kept, wanted or new_id())
        if self.store.get(self.collection, record["name"]) is not None:
            raise already_exists(f"Model {record['name']}")
        record.update(_versions=[], _next=1)
        return record

    def _add_version(
        self, record: Record, given: Record, aliases: list[str], *, default: bool
    ) -> Record:
        moment = now()
        number = str(record["_next"])
        record["_next"] += 1
        first = not record["_versions"]
        version: dict[str, Any] = {
            **given,
            "name": record["name"],
            "versionId": number,
            "versionAliases": aliases,
            "createTime": record["createTime"],
            "updateTime": moment,
            "versionCreateTime": moment,
            "versionUpdateTime": moment,
            "supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES"],
            "supportedInputStorageFormats": ["jsonl", "csv"],
            "supportedOutputStorageFormats": ["jsonl"],
            "etag": number,
        }
        record["_versions"].append(version)
        record["displayName"] = given["displayName"]
        self._move(record, number, aliases + ([DEFAULT] if first or default else []))
        return version

    @staticmethod
    def _move(record: Record, number: str, aliases: list[str]) -> None:
        """Give aliases to a version; another one that had them loses them."""
        for version in record["_versions"]:
            held = [alias for alias in version.get("versionAliases", []) if alias not in aliases]
            if version["versionId"] == number:
                held = [*held, *aliases]
            version["versionAliases"] = held

    def _patch(self, request: Request) -> Record:
        given, mask = request.json(), masked(request)
        wanted = [path for path in mask or [[key] for key in given] if path[0] in _UPDATABLE]
        with self.store.transaction():
            record = self.find(request)
            asked = request.variables["id"].partition("@")[2] or DEFAULT
            number = self._version(record, asked)["versionId"]
            for version in record["_versions"]:
                if version["versionId"] == number:
                    apply_mask(version, given, wanted)
                    version["updateTime"] = version["versionUpdateTime"] = now()
            if ["displayName"] in wanted:
                record["displayName"] = given.get("displayName")
            self.save(record)
        return self._version(record, number)

    def users(self, name: str, number: str | None = None) -> list[str]:
        """Names of the endpoints a model, or a version of it, is deployed to."""
        found = []
        for endpoint_name, endpoint in self.store.find("vertex endpoints"):
            for deployed in endpoint.get("deployedModels", []):
                used = self.normal(deployed["model"].split("@")[0])
                if used == name and number in (None, deployed.get("modelVersionId")):
                    found.append(endpoint_name)
        return sorted(set(found))

    def _refuse_used(self, name: str, number: str | None = None) -> None:
        users = self.users(name, number)
        if users:
            what = f"{name}@{number}" if number else name
            raise precondition(
                f'The Model "{what}" is deployed or being deployed at the following Endpoint(s): '
                f"{', '.join(users)}."
            )

    def _delete(self, request: Request) -> Record:
        with self.store.transaction():
            record = self.find(request)
            self._refuse_used(record["name"])
            self.store.delete(self.collection, record["name"])
        for version in record["_versions"]:
            automl_models.forget(self.context, version)
        return self.deletion(request, lambda: None)

    def _delete_version(self, request: Request) -> Record:
        with self.store.transaction():
            record = self.find(request)
            wanted = request.variables["id"].partition("@")[2]
            version = self._version(record, wanted)
            if len(record["_versions"]) == 1:
                raise precondition(
                    f"{record['name']} has one version only: delete the model instead."
                )
            if DEFAULT in version["versionAliases"]:
                raise precondition(
                    f"Version {version['versionId']} is the default version and cannot be deleted."
                )
            self._refuse_used(record["name"], version["versionId"])
            record["_versions"] = [
                item for item in record["_versions"] if item["versionId"] != version["versionId"]
            ]
            self.save(record)
        automl_models.forget(self.context, version)
        return self.deletion(request, lambda: None)

    def _list_versions(self, request: Request) -> Record:
        record = self.find(request)
        found = [{**visible(item), "name": record["name"]} for item in record["_versions"]]
        expression = request.query.get("filter", "")
        return page(request, "models", [item for item in found if matches(item, expression)])

    def _merge_aliases(self, request: Request) -> Record:
        aliases = [str(alias) for alias in request.json().get("versionAliases", [])]
        with self.store.transaction():
            record = self.find(request)
            wanted = request.variables["id"].partition("@")[2] or DEFAULT
            number = self._version(record, wanted)["versionId"]
            removed = {alias[1:] for alias in aliases if alias.startswith("-")}
            added = [alias for alias in aliases if not alias.startswith("-")]
            for alias in added:
                _check_alias(alias)
            if DEFAULT in removed:
                raise invalid("The alias default cannot be removed, only given to another version.")
            for version in record["_versions"]:
                if version["versionId"] == number:
                    held = [a for a in version["versionAliases"] if a not in removed]
                    version["versionAliases"] = held
            self._move(record, number, added)
            self.save(record)
        return self._version(record, number)


def _check_alias(alias: str) -> None:
    if not _ALIAS.fullmatch(alias):
        raise invalid(f"Version alias {alias!r} must match {_ALIAS.pattern}.")
