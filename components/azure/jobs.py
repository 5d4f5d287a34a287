"""What the slice's jobs have in common: where they run, as whom, and what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.identity import Identified
from components.azure.runs.leftovers import leftover_hooks
from components.azure.uploads import Library
from components.naming import content_name

ml = azure.machinelearningservices

_LONGEST_NAME: Final = 63


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """With what a job runs."""

    compute_id: pulumi.Input[str]
    identity: Identified
    environment_id: pulumi.Input[str]
    code_id: pulumi.Input[str]
    timeout_minutes: int


def command_job(
    runtime: Runtime,
    *,
    experiment: str,
    display_name: pulumi.Input[str],
    command: pulumi.Input[str],
    inputs: Mapping[str, pulumi.Input[str]],
    outputs: Mapping[str, pulumi.Input[str]],
    tags: Mapping[str, str],
    environment: Mapping[str, pulumi.Input[str]] | None = None,
) -> azure.machinelearningservices.CommandJobArgs:
    """A command over folders: ``inputs`` are mounted to be read, ``outputs`` to be written.

    ``environment`` are variables that the command has besides those of Azure ML.
    """
    return ml.CommandJobArgs(
        job_type="Command",
        display_name=display_name,
        experiment_name=experiment,
        compute_id=runtime.compute_id,
        identity=ml.ManagedIdentityArgs(
            identity_type="Managed", client_id=runtime.identity.client_id
        ),
        environment_id=runtime.environment_id,
        code_id=runtime.code_id,
        command=command,
        environment_variables=environment,
        inputs=input_folders(inputs),
        outputs=output_folders(outputs),
        resources=ml.JobResourceConfigurationArgs(instance_count=1),
        limits=ml.CommandJobLimitsArgs(
            job_limits_type="Command", timeout=f"PT{runtime.timeout_minutes}M"
        ),
        tags=tags,
    )


def input_folders(folders: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """Folders that a job reads, by the names that its command has for them."""
    return {
        name: ml.UriFolderJobInputArgs(
            job_input_type="uri_folder", uri=uri, mode=ml.InputDeliveryMode.READ_ONLY_MOUNT
        )
        for name, uri in folders.items()
    }


def output_folders(folders: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """Folders that a job writes, by the names that its command has for them."""
    return {
        name: ml.UriFolderJobOutputArgs(
            job_output_type="uri_folder", uri=uri, mode=ml.OutputDeliveryMode.READ_WRITE_MOUNT
        )
        for name, uri in folders.items()
    }


def run_job(
    name: str,
    job_name: pulumi.Input[str],
    properties: Any,
    *,
    library: Library,
    parent: pulumi.Resource,
) -> azure.machinelearningservices.Job:
    """Starts the job; whoever needs its end waits with a ``JobResult``."""
    return ml.Job(
        name,
        resource_group_name=library.resource_group_name,
        workspace_name=library.workspace_name,
        id=job_name,
        properties=properties,
        opts=pulumi.ResourceOptions(
            parent=parent,
            # Named from its content: the new one is another job.
            delete_before_replace=False,
            # Records cost nothing and end with their workspace. A later job may have the name of
            # one that is to be deleted: the deletion would take the later one.
            retain_on_delete=True,
            hooks=leftover_hooks(),
        ),
    )


def job_name(name: str, content: Mapping[str, Any]) -> pulumi.Output[str]:
    """A name from everything that makes the job what it is, known once its parts are."""
    return pulumi.Output.all(content=content).apply(
        lambda known: content_name(name.lower(), known, limit=_LONGEST_NAME)
    )
