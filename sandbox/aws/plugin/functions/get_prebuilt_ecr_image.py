"""``aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage``.

The registry of each repository and region is the SageMaker SDK's own data
(``sagemaker/core/image_uri_config/*.json``), read as files: importing the SDK takes seconds.
"""

import functools
import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plugin.handler import ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud, dns_suffix_of


def get_prebuilt_ecr_image(cloud: Cloud, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The path of one of AWS's images; the tag is ``1`` unless given, as in the real provider."""
    repository = str(arguments.get("repositoryName") or "")
    region = str(arguments.get("region") or cloud.region)
    registries = _registries().get(repository)
    if not registries:
        raise ResourceFailedError(f"no registry of AWS's has the repository {repository!r}")
    registry = registries.get(region)
    if registry is None:
        raise ResourceFailedError(
            f"no registry ID available for region {region} and repository {repository}"
        )
    suffix = str(arguments.get("dnsSuffix") or dns_suffix_of(region))
    tag = str(arguments.get("imageTag") or "1")
    return {
        "dnsSuffix": arguments.get("dnsSuffix"),
        "id": registry,
        "imageTag": tag,
        "region": region,
        "registryId": registry,
        "registryPath": f"{registry}.dkr.ecr.{region}.{suffix}/{repository}:{tag}",
        "repositoryName": repository,
    }


@functools.cache
def _registries() -> Mapping[str, Mapping[str, str]]:
    """Registries by region, by repository."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(_data().glob("*.json")):
        for repository, registries in _entries(json.loads(path.read_text(encoding="utf-8"))):
            found.setdefault(repository, {}).update(registries)
    return found


def _entries(node: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Each object, at any depth, with a repository and registries by region."""
    if isinstance(node, dict):
        if isinstance(node.get("repository"), str) and isinstance(node.get("registries"), dict):
            yield node["repository"], node["registries"]
        for item in node.values():
            yield from _entries(item)


def _data() -> Path:
    # Found without importing the SDK: ``sagemaker`` may be a namespace package.
    found = importlib.util.find_spec("sagemaker")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    for place in places:
        directory = Path(place) / "core" / "image_uri_config"
        if directory.is_dir():
            return directory
    raise ResourceFailedError("the package sagemaker, whose image data is needed, is missing")
