"""How model monitoring is wired to the other components of the AWS slice."""

from collections.abc import Mapping
from pathlib import Path

import pulumi

from components.aws.identity import Identity, JobKind
from components.aws.keys import Keys
from components.aws.lake import Lake
from components.aws.monitoring import Monitoring, MonitoringArgs
from components.aws.prep import Prep
from components.aws.watch import Watch
from stacks.aws_settings import AwsMonitoringSettings
from stacks.settings import Settings


def declare_monitoring(
    name: str,
    settings: Settings,
    monitoring: AwsMonitoringSettings,
    *,
    region: str,
    code_directory: Path,
    keys: Keys,
    lake: Lake,
    identity: Identity,
    prep: Prep,
    watch: Watch,
    tags: Mapping[str, str],
    options: pulumi.ResourceOptions,
) -> Monitoring:
    """Declares it; ``name`` is the endpoint's as well."""
    # Through the log group's own name, so that the job starts when the group exists.
    log_prefix = watch.log_groups["monitoring"].apply(lambda group: group.rsplit("/", 1)[0])
    return Monitoring(
        name,
        MonitoringArgs(
            region=region,
            endpoint_name=name,
            datasets=prep.datasets,
            features=settings.data.features,
            code_directory=code_directory,
            security_configuration=prep.security_configuration,
            connections=prep.connections,
            log_prefix=log_prefix,
            bucket_names=lake.bucket_names,
            key_ids=keys.key_ids,
            role_arn=identity.role_arns[JobKind.MONITORING],
            topic_arn=watch.topic_arn,
            tags=tags,
            **monitoring.model_dump(),
        ),
        options,
    )
