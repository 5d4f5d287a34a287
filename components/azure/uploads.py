"""Code in the artefact container, under a name that names its content."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.azure.lake import Zone
from components.azure.runs.blob_upload import BlobUpload, BlobUploadArgs
from components.naming import HASH_LENGTH, Sensitivity, content_hash
from components.packaging import CodeArchive
from components.tags import with_sensitivity

ml = azure.machinelearningservices


@dataclass(frozen=True, kw_only=True)
class Library:
    """Where the workspace is, and where its files are: what all its assets are made with."""

    resource_group_name: pulumi.Input[str]
    workspace_name: pulumi.Input[str]
    account_url: pulumi.Input[str]
    container: pulumi.Input[str]
    """Of artefacts."""
    datastores: Mapping[Zone, pulumi.Output[str]]
    """What the workspace calls each container, known once it does."""
    tags: Mapping[str, str]


def upload_code(
    name: str,
    archive: CodeArchive,
    *,
    library: Library,
    file_name: str,
    unpack: bool,
    parent: pulumi.Resource,
) -> pulumi.Output[str]:
    """Uploads ``archive`` as ``code/<hash>/<file_name>``; returns its ``https://`` URL.

    New content gets a new name, so that jobs that still run keep the code they started with. With
    ``unpack`` it is a folder with the archive's files.
    """
    uploaded = BlobUpload(
        name,
        BlobUploadArgs(
            account_url=library.account_url,
            container=library.container,
            path=f"code/{archive.sha256[:HASH_LENGTH]}/{file_name}",
            source=archive.asset.path,
            sha256=archive.sha256,
            unpack=unpack,
        ),
        # Its name is new as well: jobs and containers go over to it before the old one goes.
        pulumi.ResourceOptions(parent=parent, delete_before_replace=False),
    )
    return uploaded.url


def register_code(
    name: str, archive: CodeArchive, *, folder: str, library: Library, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The modules of ``archive`` (a ``.zip``) as a code version; returns its ARM id.

    Each user has a ``folder`` of its own: what one deletes, another may still need.
    """
    url = upload_code(name, archive, library=library, file_name=folder, unpack=True, parent=parent)
    tags = with_sensitivity(library.tags, Sensitivity.MODEL)
    container = ml.CodeContainer(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=name,
        properties=ml.CodeContainerPropertiesArgs(
            description=f"{name}: the modules of model_code", tags=tags
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    version = ml.CodeVersion(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=container.name,
        version=archive.sha256[:HASH_LENGTH],
        properties=ml.CodeVersionPropertiesArgs(code_uri=url, tags=tags),
        opts=_new_before_old(parent),
    )
    return version.id


def register_environment(
    name: str, image: str, *, library: Library, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """``image`` as an environment's version; returns its ARM id.

    The image is taken as it is: nothing is built, and nothing is installed when a job starts.
    """
    tags = with_sensitivity(library.tags, Sensitivity.MODEL)
    container = ml.EnvironmentContainer(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=name,
        properties=ml.EnvironmentContainerPropertiesArgs(description=f"{name}: {image}", tags=tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    version = ml.EnvironmentVersion(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=container.name,
        version=content_hash({"image": image}),
        properties=ml.EnvironmentVersionPropertiesArgs(image=image, os_type="Linux", tags=tags),
        opts=_new_before_old(parent),
    )
    return version.id


def register_data(
    name: str, uri: pulumi.Input[str], *, version: str, library: Library, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """A folder as a version of a data asset; returns the folder's address, once it is one."""
    tags = with_sensitivity(library.tags, Sensitivity.DATA)
    container = ml.DataContainer(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=name,
        properties=ml.DataContainerPropertiesArgs(data_type=ml.DataType.URI_FOLDER, tags=tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    registered = ml.DataVersion(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=container.name,
        version=version,
        properties=ml.UriFolderDataVersionArgs(data_type="uri_folder", data_uri=uri, tags=tags),
        opts=_new_before_old(parent),
    )
    return pulumi.Output.all(uri, registered.id).apply(lambda known: str(known[0]))


def folder_uri(library: Library, zone: Zone, path: pulumi.Input[str]) -> pulumi.Output[str]:
    """A folder of a container as Azure ML names it: ``path`` begins and ends without a slash."""
    return pulumi.Output.concat(
        "azureml://datastores/", library.datastores[zone], "/paths/", path, "/"
    )


def _new_before_old(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    # The provider deletes what has a name of our own before it makes the new one, and all that
    # depends on it. Here the version is new as well.
    return pulumi.ResourceOptions(parent=parent, delete_before_replace=False)
