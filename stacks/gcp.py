"""The GCP slice: components wired from data to endpoint."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from components.gcp.automl import Automl, AutomlArgs
from components.gcp.identity import CiArgs, JobKind, ServiceAccounts, ServiceAccountsArgs
from components.gcp.keys import Keys, KeysArgs
from components.gcp.lake import Lake, LakeArgs, Zone
from components.gcp.monitoring import Monitoring, MonitoringArgs
from components.gcp.network import Network, NetworkArgs, Placement
from components.gcp.prep import Prep, PrepArgs
from components.gcp.project import Project, ProjectArgs
from components.gcp.serving import Access, Scaling, Serving, ServingArgs, endpoint_number
from components.gcp.spend import Spend, SpendArgs
from components.gcp.training import Container, Training, TrainingArgs
from components.gcp.watch import Watch, WatchArgs
from components.naming import Sensitivity
from components.packaging import ROOT, file_sha256
from stacks.gcp_account import declare_account, provider
from stacks.gcp_settings import GcpAutomlSettings, GcpMonitoringSettings, GcpSettings
from stacks.settings import Settings
from stacks.stack_tags import stack_tags

if TYPE_CHECKING:
    from stacks.aws_source import Source

CODE_DIRECTORY: Path = ROOT / "model_code"


def declare(
    settings: Settings, gcp_settings: GcpSettings, source: "Source | None" = None
) -> dict[str, Any]:
    """Declares the slice and returns what the stack exports of it.

    The order below is that of the data. With a ``source`` the raw table comes from the AWS slice;
    without one it is uploaded from the project.
    """
    return _GcpSlice(settings, gcp_settings, source).declare()


class _GcpSlice:
    """What the components of one stack have in common while they are declared."""

    def __init__(
        self, settings: Settings, gcp_settings: GcpSettings, source: "Source | None"
    ) -> None:
        project, stack = pulumi.get_project(), pulumi.get_stack()
        self.settings = settings
        self.gcp = gcp_settings
        self.source = source
        self.name = f"{project}-{stack}"
        self.tags = stack_tags(settings)
        self.data_sha256 = file_sha256(settings.data.path)
        self.provider = provider(f"{self.name}-gcp-set-up", gcp_settings)
        self.options = pulumi.ResourceOptions(providers=[self.provider])

    def declare(self) -> dict[str, Any]:
        """All components, in the order of the data."""
        billing_account = self.gcp.spend.billing_account
        project = Project(
            self.name,
            ProjectArgs(
                project_id=self.gcp.project_id,
                project_number=self.gcp.project_number,
                has_budget=billing_account is not None,
                has_transfer=self.source is not None,
                has_monitoring=self.gcp.monitoring is not None,
                has_schedules=bool(self.settings.off_hours and self.gcp.serving.autoscaling),
            ),
            self.options,
        )
        # Whatever uses this provider waits for it, and so for the APIs: dependencies of a component
        # do not reach its children.
        self.provider = provider(f"{self.name}-gcp", self.gcp, project.ready)
        self.options = pulumi.ResourceOptions(providers=[self.provider])
        declare_account(self.name, section=self.gcp, options=self.options)
        keys = self._keys(project)
        placement = self._network()
        lake = self._lake(keys)
        raw_table_uri = self._raw_table(project, lake)
        watch = self._watch(lake)
        identity = self._identity(project, keys, lake)
        prep = self._prep(keys, lake, identity, raw_table_uri, placement)
        training = self._training(keys, lake, identity, prep)
        serving = self._serving(keys, lake, identity, training)
        exports: dict[str, Any] = {
            "project": self.gcp.project_id,
            "region": self.gcp.region,
            "buckets": {str(zone): name for zone, name in lake.bucket_names.items()},
            "key_ring": keys.key_ring,
            "training_job": training.job_name,
            "model_data_url": training.model_data_url,
            "evaluation": training.evaluation,
            "endpoint_name": serving.endpoint_name,
            "model_sha256": serving.model_sha256,
            "earlier_releases": serving.releases,
            "log_groups": dict(watch.log_groups),
            "dashboard": watch.dashboard_name,
        }
        if self.gcp.automl is not None:
            found = self._automl(self.gcp.automl, keys, raw_table_uri)
            exports["automl"] = {"model": found.model_version_name, "evaluation": found.evaluation}
        if self.gcp.monitoring is not None:
            exports["monitoring"] = self._monitoring(
                self.gcp.monitoring, keys, lake, raw_table_uri, watch, serving
            ).job_name
        if identity.ci_provider is not None:
            exports["ci"] = {"provider": identity.ci_provider, "account": identity.ci_email}
        if billing_account is not None:
            exports["budget"] = self._spend(billing_account, watch).budget_name
        return exports

    def _keys(self, project: Project) -> Keys:
        return Keys(
            self.name,
            KeysArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                agents=project.agents,
                key_ring=self.gcp.keys.key_ring,
                rotation_days=self.gcp.keys.rotation_days,
                tags=self.tags,
                protect=self.settings.protect_data,
                seals=self.settings.seal is not None,
            ),
            self.options,
        )

    def _network(self) -> Placement | None:
        if not self.gcp.network.enabled:
            return None
        return Network(
            self.name,
            NetworkArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                cidr=self.gcp.network.cidr,
            ),
            self.options,
        ).placement

    def _lake(self, keys: Keys) -> Lake:
        retention = self.settings.retention
        return Lake(
            self.name,
            LakeArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                key_ids=keys.key_ids,
                tags=self.tags,
                retention_days={
                    Zone.RAW: retention.raw_days,
                    Zone.PROCESSED: retention.processed_days,
                    Zone.ARTEFACTS: retention.artefact_days,
                    Zone.LOGS: retention.log_days,
                },
                noncurrent_days=retention.noncurrent_days,
                table=self.settings.data.table,
                data_path=self.settings.data.path if self.source is None else None,
                data_sha256=self.data_sha256,
                seal=self.settings.seal,
                protect=self.settings.protect_data,
            ),
            self.options,
        )

    def _raw_table(self, project: Project, lake: Lake) -> pulumi.Output[str]:
        if self.source is None:
            return lake.raw_table_uri
        # Imports the other cloud's SDK: only where it is switched on as well.
        from stacks.crosscloud import declare_transfer_to_gcp

        return declare_transfer_to_gcp(
            self.name,
            settings=self.settings,
            gcp=self.gcp,
            source=self.source,
            project=project,
            lake=lake,
            provider=self.provider,
            data_sha256=self.data_sha256,
        ).raw_table_uri

    def _watch(self, lake: Lake) -> Watch:
        return Watch(
            self.name,
            WatchArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                endpoint_number=endpoint_number(self.name),
                log_bucket=lake.bucket_names[Zone.LOGS],
                tags=self.tags,
                **self.gcp.watch.model_dump(exclude={"idle_action"}),
            ),
            self.options,
        )

    def _identity(self, project: Project, keys: Keys, lake: Lake) -> ServiceAccounts:
        ci = self.gcp.ci
        return ServiceAccounts(
            self.name,
            ServiceAccountsArgs(
                project_id=self.gcp.project_id,
                bucket_names=lake.bucket_names,
                agents=project.agents,
                sealed_key_id=keys.key_ids.get(Sensitivity.SEALED),
                ci=CiArgs(**ci.model_dump()) if ci is not None else None,
                tags=self.tags,
            ),
            self.options,
        )

    def _prep(
        self,
        keys: Keys,
        lake: Lake,
        identity: ServiceAccounts,
        raw_table_uri: pulumi.Output[str],
        placement: Placement | None,
    ) -> Prep:
        data = self.settings.data
        return Prep(
            self.name,
            PrepArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                table=data.table,
                columns=data.columns,
                features=data.features,
                target=data.target,
                train_fraction=data.train_fraction,
                validation_fraction=data.validation_fraction,
                seed=data.seed,
                file_name=data.path.name,
                data_sha256=self.data_sha256,
                seal=self.settings.seal,
                raw_table_uri=raw_table_uri,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                account_email=identity.account_emails[JobKind.PREP],
                code_directory=CODE_DIRECTORY,
                placement=placement,
                tags=self.tags,
                **self.gcp.prep.model_dump(),
            ),
            self.options,
        )

    def _training(self, keys: Keys, lake: Lake, identity: ServiceAccounts, prep: Prep) -> Training:
        training, machines = self.settings.training, self.gcp.training
        container = machines.container
        return Training(
            self.name,
            TrainingArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                image=machines.image,
                container=Container(**container.model_dump()) if container else None,
                datasets=prep.datasets,
                data_sha256=self.data_sha256,
                code_directory=CODE_DIRECTORY,
                learning_rate=training.learning_rate,
                batch_size=training.batch_size,
                epochs=training.epochs,
                seed=self.settings.data.seed,
                search=self.settings.tuning.search,
                min_accuracy=training.min_accuracy,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                account_email=identity.account_emails[JobKind.TRAINING],
                machine_type=machines.machine_type,
                accelerator=machines.accelerator,
                replica_count=machines.replica_count,
                disk_gb=machines.disk_gb,
                max_runtime_minutes=machines.max_runtime_minutes,
                spot=self.settings.uses_spot("gcp"),
                keep_records=self.settings.protect_data,
                setting=f"{pulumi.get_project()}:training.min_accuracy",
                tags=self.tags,
            ),
            self.options,
        )

    def _automl(
        self, automl: GcpAutomlSettings, keys: Keys, raw_table_uri: pulumi.Output[str]
    ) -> Automl:
        data = self.settings.data
        return Automl(
            self.name,
            AutomlArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                raw_table_uri=raw_table_uri,
                file_name=data.path.name,
                data_sha256=self.data_sha256,
                features=data.features,
                target=data.target,
                train_fraction=data.train_fraction,
                validation_fraction=data.validation_fraction,
                key_ids=keys.key_ids,
                keep_records=self.settings.protect_data,
                tags=self.tags,
                **automl.model_dump(),
            ),
            self.options,
        )

    def _serving(
        self, keys: Keys, lake: Lake, identity: ServiceAccounts, training: Training
    ) -> Serving:
        serving = self.gcp.serving
        release, scaling = serving.release, serving.autoscaling
        return Serving(
            self.name,
            ServingArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                endpoint_name=self.name,
                image=serving.image,
                model_data_url=release.model_data_url if release else training.model_data_url,
                model_sha256=release.model_sha256 if release else training.model_sha256,
                job_name=_job_of(release.model_data_url) if release else training.job_name,
                gate=training.gate,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                account_email=identity.account_emails[JobKind.SERVING],
                machine_type=serving.machine_type,
                accelerator=serving.accelerator,
                replica_count=serving.replica_count,
                scaling=Scaling(**scaling.arguments(self.settings.off_hours)) if scaling else None,
                access=Access(serving.access),
                allowed_projects=serving.allowed_projects,
                tags=self.tags,
            ),
            self.options,
        )

    def _monitoring(
        self,
        monitoring: GcpMonitoringSettings,
        keys: Keys,
        lake: Lake,
        raw_table_uri: pulumi.Output[str],
        watch: Watch,
        serving: Serving,
    ) -> Monitoring:
        data = self.settings.data
        return Monitoring(
            self.name,
            MonitoringArgs(
                project_id=self.gcp.project_id,
                region=self.gcp.region,
                endpoint_name=serving.endpoint_name,
                deployed_model_id=serving.deployed_model_id,
                raw_table_uri=raw_table_uri,
                file_name=data.path.name,
                features=data.features,
                target=data.target,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                channel_names=watch.channel_names,
                tags=self.tags,
                **monitoring.model_dump(),
            ),
            self.options,
        )

    def _spend(self, billing_account: str, watch: Watch) -> Spend:
        return Spend(
            self.name,
            SpendArgs(
                billing_account=billing_account,
                project_number=self.gcp.project_number,
                channel_names=watch.channel_names,
                platform_tag=self.tags["platform"],
                tags=self.tags,
                **self.gcp.spend.model_dump(exclude={"billing_account"}),
            ),
            self.options,
        )


def _job_of(model_data_url: str) -> str:
    """The training job that stored a model: ``gs://bucket/training/JOB/model/``."""
    return model_data_url.rstrip("/").split("/")[-2]
