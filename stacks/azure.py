"""The Azure slice: components wired from data to endpoint."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_azure_native as azure

from components.azure.autoscale import Scaling
from components.azure.identity import JobKind
from components.azure.names import global_name
from components.azure.prep import Prep, PrepArgs
from components.azure.serving import ContainerPlan, EndpointPlan, Serving, ServingArgs
from components.azure.spend import Spend, SpendArgs
from components.azure.training import Training, TrainingArgs
from components.azure.watch import Watch, WatchArgs, Watched
from components.packaging import ROOT, file_sha256
from stacks.azure_account import declare_account
from stacks.azure_platform import Platform, declare_platform
from stacks.azure_settings import AzureSettings
from stacks.settings import Settings
from stacks.stack_tags import stack_tags

if TYPE_CHECKING:
    from stacks.aws_source import Source

CODE_DIRECTORY: Path = ROOT / "model_code"
_LONGEST_ENDPOINT_NAME = 32


def declare(
    settings: Settings, azure_settings: AzureSettings, source: "Source | None" = None
) -> dict[str, Any]:
    """Declares the slice and returns what the stack exports of it.

    The order below is that of the data: foundation and keys, network, lake, identities,
    workspace, transfer, preparation, training, serving, watch, spend. Watch comes late, because
    Azure watches only what exists. With a ``source`` the raw table comes from the AWS slice;
    without one it is uploaded from the project.
    """
    return _AzureSlice(settings, azure_settings, source).declare()


class _AzureSlice:
    """What the components of one stack have in common while they are declared."""

    def __init__(
        self, settings: Settings, azure_settings: AzureSettings, source: "Source | None"
    ) -> None:
        project, stack = pulumi.get_project(), pulumi.get_stack()
        self.settings = settings
        self.azure = azure_settings
        self.source = source
        self.name = f"{project}-{stack}"
        self.tags = stack_tags(settings)
        self.data_sha256 = file_sha256(settings.data.path)
        provider = azure.Provider(
            f"{self.name}-azure",
            subscription_id=self.azure.subscription_id,
            tenant_id=self.azure.tenant_id,
            location=self.azure.region,
        )
        self.options = pulumi.ResourceOptions(providers=[provider])

    def declare(self) -> dict[str, Any]:
        """All components, in the order of the data."""
        platform = declare_platform(
            self.name,
            self.settings,
            self.azure,
            data_sha256=self.data_sha256,
            uploads_data=self.source is None,
            tags=self.tags,
            options=self.options,
        )
        declare_account(
            self.name,
            section=self.azure,
            log_workspace_id=platform.foundation.log_workspace_id,
            log_account_id=platform.lake.log_account_id,
            options=self.options,
        )
        prep = self._prep(platform)
        training = self._training(platform, prep)
        serving = self._serving(platform, training)
        watch = self._watch(platform, serving)
        exports: dict[str, Any] = {
            "subscription": self.azure.subscription_id,
            "region": self.azure.region,
            "resource_group": platform.foundation.resource_group_name,
            "workspace": platform.workspace.workspace_name,
            "buckets": {str(zone): name for zone, name in platform.lake.bucket_names.items()},
            "storage": platform.lake.account_url,
            "key_vault": platform.keys.vault_url,
            "training_job": training.job_name,
            "model_data_url": training.model_data_url,
            "evaluation": training.evaluation,
            "endpoint_name": serving.endpoint_name,
            "model_sha256": serving.model_sha256,
            "earlier_releases": serving.releases,
            "log_groups": dict(watch.log_groups),
            "dashboard": watch.dashboard_name,
        }
        return {**exports, **self._more_exports(platform, training, serving, watch)}

    def _more_exports(
        self, platform: Platform, training: Training, serving: Serving, watch: Watch
    ) -> dict[str, Any]:
        """Of what a stack need not have."""
        exports: dict[str, Any] = {}
        if serving.endpoint is not None:
            exports["endpoint"] = {
                "id": serving.endpoint.endpoint_id,
                "scoring_uri": serving.endpoint.scoring_uri,
                "authentication": self.azure.serving.authentication,
            }
        if serving.container is not None:
            exports["container"] = {
                "scoring_uri": serving.container.scoring_uri,
                "state": serving.container.state,
                "certificate": serving.container.certificate,
                "key": serving.container.key,
            }
        if training.automl is not None:
            exports["automl"] = {
                "job": training.automl.job_name,
                "metrics": training.automl.metrics,
                "model_uri": training.automl.model_uri,
            }
        if platform.identity.ci_client_id is not None:
            exports["ci"] = {
                "client_id": platform.identity.ci_client_id,
                "tenant": self.azure.tenant_id,
            }
        if self.azure.spend.start_date is not None:
            exports["budget"] = self._spend(platform, watch).budget_name
        return exports

    def _raw_table(self, platform: Platform) -> pulumi.Output[str]:
        if self.source is None:
            return platform.lake.raw_table_uri
        # Imports the other cloud's SDK: only where it is switched on as well.
        from stacks.crosscloud import declare_transfer_to_azure

        return declare_transfer_to_azure(
            self.name,
            settings=self.settings,
            source=self.source,
            lake=platform.lake,
            data_sha256=self.data_sha256,
        ).raw_table_uri

    def _prep(self, platform: Platform) -> Prep:
        data = self.settings.data
        return Prep(
            self.name,
            PrepArgs(
                library=platform.library,
                table=data.table,
                features=data.features,
                target=data.target,
                train_fraction=data.train_fraction,
                validation_fraction=data.validation_fraction,
                seed=data.seed,
                file_name=data.path.name,
                data_sha256=self.data_sha256,
                seal=self.settings.seal,
                raw_table_uri=self._raw_table(platform),
                image=self.azure.training.image,
                key_ids=platform.keys.key_ids,
                compute_id=platform.compute.compute_id,
                identity=platform.identity.identities[JobKind.PREP],
                code_directory=CODE_DIRECTORY,
                timeout_minutes=self.azure.prep.timeout_minutes,
                tags=self.tags,
            ),
            self.options,
        )

    def _training(self, platform: Platform, prep: Prep) -> Training:
        training, machines = self.settings.training, self.azure.training
        return Training(
            self.name,
            TrainingArgs(
                library=platform.library,
                image=machines.image,
                datasets=prep.datasets,
                data_sha256=self.data_sha256,
                target=self.settings.data.target,
                code_directory=CODE_DIRECTORY,
                learning_rate=training.learning_rate,
                batch_size=training.batch_size,
                epochs=training.epochs,
                seed=self.settings.data.seed,
                search=self.settings.tuning.search,
                automl_trials=machines.automl_trials,
                retraining_schedule=machines.retraining_schedule,
                min_accuracy=training.min_accuracy,
                bucket_names=platform.lake.bucket_names,
                key_ids=platform.keys.key_ids,
                compute_id=platform.compute.compute_id,
                identity=platform.identity.identities[JobKind.TRAINING],
                max_runtime_minutes=machines.max_runtime_minutes,
                setting=f"{pulumi.get_project()}:training.min_accuracy",
                tags=self.tags,
            ),
            self.options,
        )

    def _serving(self, platform: Platform, training: Training) -> Serving:
        serving = self.azure.serving
        release, scaling, container = serving.release, serving.autoscaling, serving.container
        return Serving(
            self.name,
            ServingArgs(
                library=platform.library,
                region=self.azure.region,
                endpoint_name=global_name(
                    self.name,
                    "",
                    self.azure.subscription_id,
                    self.azure.region,
                    limit=_LONGEST_ENDPOINT_NAME,
                    dash="-",
                ),
                image=serving.image,
                model_data_url=release.model_data_url if release else training.model_data_url,
                model_sha256=release.model_sha256 if release else training.model_sha256,
                job_name=_job_of(release.model_data_url) if release else training.job_name,
                gate=training.gate,
                code_directory=CODE_DIRECTORY,
                identity=platform.identity.identities[JobKind.SERVING],
                endpoint=EndpointPlan(
                    machine_type=serving.machine_type,
                    instance_count=serving.replica_count,
                    uses_entra=serving.authentication == "entra",
                    request_timeout_seconds=serving.request_timeout_seconds,
                    max_concurrent_requests=serving.max_concurrent_requests,
                )
                if "endpoint" in serving.targets
                else None,
                container=ContainerPlan(
                    cpu=container.cpu,
                    memory_gb=container.memory_gb,
                    uses_tls=container.tls,
                    key_rotation=container.key_rotation,
                )
                if "container" in serving.targets
                else None,
                scaling=Scaling(**scaling.arguments(self.settings.off_hours)) if scaling else None,
                is_private=self.azure.network.enabled,
                container_subnet_id=platform.container_subnet_id,
                probe_row=self.settings.data.example_row,
                tags=self.tags,
            ),
            self.options,
        )

    def _watch(self, platform: Platform, serving: Serving) -> Watch:
        watch = self.azure.watch
        endpoint, container = serving.endpoint, serving.container
        blobs = "/blobServices/default"
        watched = {
            "keys": Watched(id=platform.keys.vault_id),
            "secrets": Watched(id=platform.workspace.vault_id),
            "lake": Watched(id=pulumi.Output.concat(platform.lake.account_id, blobs)),
            "logs": Watched(
                id=pulumi.Output.concat(platform.lake.log_account_id, blobs), is_log_account=True
            ),
            "registry": Watched(id=platform.workspace.registry_id),
            "workspace": Watched(id=platform.workspace.workspace_id),
            "insights": Watched(id=platform.foundation.application_insights_id),
            "queries": Watched(id=platform.foundation.log_workspace_id),
        }
        if endpoint is not None:
            watched["endpoint"] = Watched(id=endpoint.endpoint_id)
        if container is not None:
            watched["container"] = Watched(
                id=container.group_id, logs=("ContainerInstanceLog", "ContainerEvent")
            )
        return Watch(
            self.name,
            WatchArgs(
                resource_group_name=platform.foundation.resource_group_name,
                region=self.azure.region,
                log_workspace_id=platform.foundation.log_workspace_id,
                log_account_id=platform.lake.log_account_id,
                watched=watched,
                endpoint_id=endpoint.endpoint_id if endpoint else None,
                deployment_id=endpoint.deployment_id if endpoint else None,
                container_id=container.group_id if container else None,
                container_cpu=self.azure.serving.container.cpu,
                max_errors_per_5_minutes=watch.max_errors_per_5_minutes,
                max_latency_ms=watch.max_latency_ms,
                max_cpu_percent=watch.max_cpu_percent,
                idle_hours=watch.idle_hours,
                emails=watch.emails,
                tags=self.tags,
            ),
            self.options,
        )

    def _spend(self, platform: Platform, watch: Watch) -> Spend:
        start = self.azure.spend.start_date
        assert start is not None
        return Spend(
            self.name,
            SpendArgs(
                resource_group_id=platform.foundation.resource_group_id,
                monthly_usd=self.azure.spend.monthly_usd,
                alert_percents=self.azure.spend.alert_percents,
                start_date=start,
                action_group_id=watch.action_group_id,
                emails=self.azure.watch.emails,
                platform_tag=self.tags["platform"],
                tags=self.tags,
            ),
            self.options,
        )


def _job_of(model_data_url: str) -> str:
    """The training job that stored a model: ``…/training/JOB/outputs/model.pkl``."""
    return model_data_url.split("/training/", 1)[1].partition("/")[0]
