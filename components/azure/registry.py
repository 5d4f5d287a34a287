"""The model registry: each model that passed the gate, with where it came from."""

from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_azure_native as azure

from components.azure.lake import Zone
from components.azure.uploads import Library
from components.naming import Sensitivity, content_hash
from components.tags import with_sensitivity

ml = azure.machinelearningservices

_DATASTORE: Final = Zone.ARTEFACTS.value


def register_model(
    name: str,
    *,
    model_data_url: pulumi.Output[str],
    model_sha256: pulumi.Output[str],
    job_name: pulumi.Output[str],
    library: Library,
    gate: pulumi.Resource,
    parent: pulumi.Resource,
) -> azure.machinelearningservices.ModelVersion:
    """``outputs/model.pkl`` of a job as a version of the model ``name``.

    The version is named from file and digest: the same model is never registered twice.
    """
    tags = with_sensitivity(library.tags, Sensitivity.MODEL)
    container = ml.ModelContainer(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=name,
        properties=ml.ModelContainerPropertiesArgs(
            description=f"{name}: models that passed the gate", tags=tags
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[gate]),
    )
    known = pulumi.Output.all(url=model_data_url, sha256=model_sha256)
    return ml.ModelVersion(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        name=container.name,
        version=known.apply(_version),
        properties=ml.ModelVersionPropertiesArgs(
            model_uri=model_data_url.apply(datastore_uri),
            model_type="custom_model",
            job_name=job_name,
            properties={"sha256": model_sha256},
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[gate], delete_before_replace=False),
    )


def _version(model: Mapping[str, str]) -> str:
    return content_hash(dict(model))


def datastore_uri(url: str) -> str:
    """``https://ACCOUNT/artefacts/PATH`` as Azure ML names it."""
    path = url.split(f"/{_DATASTORE}/", 1)[1]
    return f"azureml://datastores/{_DATASTORE}/paths/{path}"
