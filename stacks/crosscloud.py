"""Between the clouds: the raw table goes from the AWS slice's lake to those of the others."""

from typing import TYPE_CHECKING

import pulumi

from stacks.aws_source import Source
from stacks.settings import Settings

# A cloud's SDK takes a second or more to import: only those of enabled clouds are.
if TYPE_CHECKING:
    import components.azure.lake
    import components.azure.transfer
    import components.gcp.lake
    import components.gcp.project
    import components.gcp.transfer
    from stacks.gcp_settings import GcpSettings


def declare_transfer_to_gcp(
    name: str,
    *,
    settings: Settings,
    gcp: "GcpSettings",
    source: Source,
    project: "components.gcp.project.Project",
    lake: "components.gcp.lake.Lake",
    provider: pulumi.ProviderResource,
    data_sha256: str,
) -> "components.gcp.transfer.Transfer":
    """The transfer into the GCP lake's raw zone; it waits for the file in the AWS lake."""
    from components.gcp.lake import Zone
    from components.gcp.project import Agent
    from components.gcp.transfer import Transfer, TransferArgs

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


def declare_transfer_to_azure(
    name: str,
    *,
    settings: Settings,
    source: Source,
    lake: "components.azure.lake.Lake",
    data_sha256: str,
) -> "components.azure.transfer.Transfer":
    """The transfer into the Azure lake's raw zone; it waits for the file in the AWS lake."""
    from components.azure.lake import Zone
    from components.azure.transfer import Transfer, TransferArgs

    return Transfer(
        name,
        TransferArgs(
            file_name=settings.data.path.name,
            data_sha256=data_sha256,
            source_table_uri=source.raw_table_uri,
            source_region=source.region,
            sink_account_url=lake.account_url,
            sink_container=lake.bucket_names[Zone.RAW],
            sink_folder=lake.raw_folder,
            sink_table_uri=lake.raw_table_uri,
        ),
    )
