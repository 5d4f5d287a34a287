"""Between the clouds: the raw table goes from the AWS slice's lake to the GCP slice's."""

import pulumi

from components.gcp.lake import Lake, Zone
from components.gcp.project import Agent, Project
from components.gcp.transfer import Transfer, TransferArgs
from stacks.aws import Source
from stacks.gcp_settings import GcpSettings
from stacks.settings import Settings


def declare_transfer(
    name: str,
    *,
    settings: Settings,
    gcp: GcpSettings,
    source: Source,
    project: Project,
    lake: Lake,
    provider: pulumi.ProviderResource,
    data_sha256: str,
) -> Transfer:
    """The transfer into the GCP lake's raw zone; it waits for the file in the AWS lake."""
    assert project.transfer_subject_id is not None
    return Transfer(
        name,
        TransferArgs(
            project_id=gcp.project_id,
            table=settings.data.table,
            file_name=settings.data.path.name,
            data_sha256=data_sha256,
            source_bucket=source.bucket_name,
            source_table_uri=source.raw_table_uri,
            source_key_id=source.key_id,
            sink_bucket=lake.bucket_names[Zone.RAW],
            agent_member=project.agents[Agent.TRANSFER],
            agent_subject_id=project.transfer_subject_id,
            date=gcp.transfer.date,
            daily=gcp.transfer.repeat == "daily",
            tags=source.tags,
        ),
        pulumi.ResourceOptions(providers=[provider, source.provider]),
    )
