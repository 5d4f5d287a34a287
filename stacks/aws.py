"""The AWS slice: components wired from data to endpoint."""

from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.commitment import Commitment, CommitmentArgs
from components.aws.identity import Identity, IdentityArgs, JobKind
from components.aws.keys import Keys, KeysArgs
from components.aws.lake import Lake, LakeArgs, Zone
from components.aws.network import Network, NetworkArgs, Placement
from components.aws.prep import Prep, PrepArgs
from components.aws.serving import VARIANT, Serving, ServingArgs
from components.aws.spend import Spend, SpendArgs
from components.aws.training import Training, TrainingArgs
from components.aws.watch import Watch, WatchArgs
from components.naming import Sensitivity
from components.packaging import ROOT, file_sha256
from stacks.aws_account import declare_account, provider
from stacks.aws_audit import declare_audit, trail_of
from stacks.aws_monitoring import declare_monitoring
from stacks.aws_scaling import scaling_of
from stacks.aws_serving import job_of, serverless_of
from stacks.aws_settings import AwsSettings
from stacks.aws_source import Source
from stacks.commitment_settings import AwsCommitmentSettings
from stacks.settings import Settings
from stacks.stack_tags import stack_tags

IMAGE_REPOSITORY = "sagemaker-scikit-learn"
CODE_DIRECTORY: Path = ROOT / "model_code"


def declare(settings: Settings, aws_settings: AwsSettings) -> dict[str, Any]:
    """What :func:`declare_with_source` exports."""
    return declare_with_source(settings, aws_settings)[0]


def declare_with_source(
    settings: Settings, aws_settings: AwsSettings
) -> tuple[dict[str, Any], Source | None]:
    """Declares the slice; returns what the stack exports of it, and its raw table.

    A sealed table is for nobody else: it would need this cloud's key wherever it went.

    The order below is that of the data: keys and network, lake, watch (log groups exist before
    anything logs), identities, preparation, training, serving, spend.
    """
    return _AwsSlice(settings, aws_settings).declare()


class _AwsSlice:
    """What the components of one stack have in common while they are declared."""

    def __init__(self, settings: Settings, aws_settings: AwsSettings) -> None:
        project, stack = pulumi.get_project(), pulumi.get_stack()
        self.settings = settings
        self.aws = aws_settings
        self.name = f"{project}-{stack}"
        self.tags = stack_tags(settings)
        self.database = self.name.replace("-", "_").lower()
        self.log_prefix = f"/aws-glue/{self.name}"
        self.monitoring_log_prefix = f"{self.log_prefix}-monitoring"
        self.data_sha256 = file_sha256(settings.data.path)
        self.trail_arn = trail_of(self.name, aws_settings)
        self.provider = provider(self.name, aws_settings)
        self.options = pulumi.ResourceOptions(providers=[self.provider])
        self.image = aws.sagemaker.get_prebuilt_ecr_image_output(
            repository_name=IMAGE_REPOSITORY,
            image_tag=aws_settings.training.image_tag,
            region=aws_settings.region,
            opts=pulumi.InvokeOutputOptions(provider=self.provider),
        )

    def declare(self) -> tuple[dict[str, Any], Source | None]:
        """All components, in the order of the data."""
        keys = Keys(
            self.name,
            KeysArgs(
                account_id=self.aws.account_id,
                region=self.aws.region,
                tags=self.tags,
                trail_arn=self.trail_arn,
                protect=self.settings.protect_data,
                seals=self.settings.seal is not None,
            ),
            self.options,
        )
        shared = declare_account(
            self.name,
            settings=self.settings,
            section=self.aws,
            key_ids=keys.key_ids,
            options=self.options,
        )
        placement = self._network(keys)
        lake = self._lake(keys)
        audit = declare_audit(
            self.name,
            settings=self.settings,
            section=self.aws,
            key_id=keys.key_ids[Sensitivity.OPERATIONS],
            lake=lake,
            options=self.options,
        )
        watch = self._watch(keys)
        identity = self._identity(keys, lake)
        prep = self._prep(keys, lake, identity, watch, placement)
        training = self._training(keys, lake, identity, prep, placement)
        serving = self._serving(keys, lake, identity, training, watch, placement)
        spend = Spend(
            self.name,
            SpendArgs(
                monthly_usd=self.aws.spend.monthly_usd,
                alert_percents=self.aws.spend.alert_percents,
                topic_arn=watch.topic_arn,
                platform_tag=self.tags["platform"],
                tags=self.tags,
            ),
            self.options,
        )
        if self.aws.commitment is not None:
            self._commitment(self.aws.commitment)
        exports: dict[str, Any] = {
            "region": self.aws.region,
            "buckets": {str(zone): name for zone, name in lake.bucket_names.items()},
            "database": prep.database,
            "workgroup": prep.workgroup,
            "training_job": training.job_name,
            "model_data_url": training.model_data_url,
            "evaluation": training.evaluation,
            "endpoint_name": serving.endpoint_name,
            "model_sha256": serving.model_sha256,
            "earlier_releases": serving.releases,
            "log_groups": {
                **watch.log_groups,
                **(shared.log_groups if shared else {}),
                **audit,
            },
            "dashboard": watch.dashboard_name,
            "budget": spend.budget_name,
        }
        if self.aws.monitoring is not None:
            exports["monitoring"] = declare_monitoring(
                self.name,
                self.settings,
                self.aws.monitoring,
                region=self.aws.region,
                code_directory=CODE_DIRECTORY,
                keys=keys,
                lake=lake,
                identity=identity,
                prep=prep,
                watch=watch,
                tags=self.tags,
                options=self.options,
            ).job_name
        if self.settings.seal is not None:
            return exports, None
        source = Source(
            region=self.aws.region,
            bucket_name=lake.bucket_names[Zone.RAW],
            raw_table_uri=lake.raw_table_uri,
            key_id=keys.key_ids[Sensitivity.DATA],
            provider=self.provider,
            tags=self.tags,
        )
        return exports, source

    def _commitment(self, commitment: AwsCommitmentSettings) -> None:
        Commitment(
            self.name,
            CommitmentArgs(
                tags=self.tags,
                **commitment.model_dump(exclude={"term_years", "ends", "acknowledged"}),
            ),
            self.options,
        )

    def _network(self, keys: Keys) -> Placement | None:
        if not self.aws.network.enabled:
            return None
        return Network(
            self.name,
            NetworkArgs(
                account_id=self.aws.account_id,
                region=self.aws.region,
                cidr=self.aws.network.cidr,
                log_key_id=keys.key_ids[Sensitivity.OPERATIONS],
                log_days=self.settings.retention.log_days,
                tags=self.tags,
            ),
            self.options,
        ).placement

    def _lake(self, keys: Keys) -> Lake:
        retention = self.settings.retention
        return Lake(
            self.name,
            LakeArgs(
                account_id=self.aws.account_id,
                region=self.aws.region,
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
                data_path=self.settings.data.path,
                data_sha256=self.data_sha256,
                seal=self.settings.seal,
                trail_arn=self.trail_arn,
                protect=self.settings.protect_data,
            ),
            self.options,
        )

    def _watch(self, keys: Keys) -> Watch:
        watch = self.aws.watch
        return Watch(
            self.name,
            WatchArgs(
                account_id=self.aws.account_id,
                region=self.aws.region,
                endpoint_name=self.name,
                variant_name=VARIANT,
                has_instances=self.aws.serving.serverless is None,
                max_errors_per_5_minutes=watch.max_errors_per_5_minutes,
                max_latency_ms=watch.max_latency_ms,
                max_cpu_percent=watch.max_cpu_percent,
                idle_days=watch.idle_days,
                emails=watch.emails,
                log_key_id=keys.key_ids[Sensitivity.OPERATIONS],
                log_days=self.settings.retention.log_days,
                log_prefix=self.log_prefix,
                monitored_features=self.settings.data.features if self.aws.monitoring else (),
                monitoring_log_prefix=self.monitoring_log_prefix,
                tags=self.tags,
            ),
            self.options,
        )

    def _identity(self, keys: Keys, lake: Lake) -> Identity:
        region = self.aws.region
        return Identity(
            self.name,
            IdentityArgs(
                account_id=self.aws.account_id,
                region=region,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                database=self.database,
                workgroup=self.name,
                endpoint_name=self.name,
                log_prefix=self.log_prefix,
                monitored_table=self.settings.data.table if self.aws.monitoring else None,
                monitoring_log_prefix=self.monitoring_log_prefix,
                image_repository_arn=pulumi.Output.concat(
                    f"arn:aws:ecr:{region}:",
                    self.image.registry_id,
                    f":repository/{IMAGE_REPOSITORY}",
                ),
                seal=self.settings.seal,
                in_network=self.aws.network.enabled,
                tags=self.tags,
            ),
            self.options,
        )

    def _prep(
        self,
        keys: Keys,
        lake: Lake,
        identity: Identity,
        watch: Watch,
        placement: Placement | None,
    ) -> Prep:
        data, prep = self.settings.data, self.aws.prep
        # Through the log group's own name, so that the job starts when the group exists.
        log_prefix = watch.log_groups["prep"].apply(lambda group: group.rsplit("/", 1)[0])
        return Prep(
            self.name,
            PrepArgs(
                account_id=self.aws.account_id,
                region=self.aws.region,
                database=self.database,
                workgroup=self.name,
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
                raw_table_uri=lake.raw_table_uri,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                role_arn=identity.role_arns[JobKind.PREP],
                code_directory=CODE_DIRECTORY,
                log_prefix=log_prefix,
                worker_type=prep.worker_type,
                workers=prep.workers,
                timeout_minutes=prep.timeout_minutes,
                crawl_schedule=prep.crawl_schedule,
                wheels=[ROOT / path for path in prep.wheels],
                placement=placement,
                tags=self.tags,
            ),
            self.options,
        )

    def _training(
        self,
        keys: Keys,
        lake: Lake,
        identity: Identity,
        prep: Prep,
        placement: Placement | None,
    ) -> Training:
        training, machines = self.settings.training, self.aws.training
        return Training(
            self.name,
            TrainingArgs(
                region=self.aws.region,
                image=self.image.registry_path,
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
                role_arn=identity.role_arns[JobKind.TRAINING],
                instance_type=machines.instance_type,
                instance_count=machines.instance_count,
                volume_gb=machines.volume_gb,
                max_runtime_minutes=machines.max_runtime_minutes,
                spot_wait_minutes=(
                    machines.spot.max_wait_minutes if self.settings.uses_spot("aws") else None
                ),
                placement=placement,
                keep_records=self.settings.protect_data,
                setting=f"{pulumi.get_project()}:training.min_accuracy",
                tags=self.tags,
            ),
            self.options,
        )

    def _serving(
        self,
        keys: Keys,
        lake: Lake,
        identity: Identity,
        training: Training,
        watch: Watch,
        placement: Placement | None,
    ) -> Serving:
        serving = self.aws.serving
        release = serving.release
        return Serving(
            self.name,
            ServingArgs(
                region=self.aws.region,
                endpoint_name=self.name,
                image=self.image.registry_path,
                model_data_url=release.model_data_url if release else training.model_data_url,
                model_sha256=release.model_sha256 if release else training.model_sha256,
                job_name=job_of(release.model_data_url) if release else training.job_name,
                gate=training.gate,
                bucket_names=lake.bucket_names,
                key_ids=keys.key_ids,
                role_arn=identity.role_arns[JobKind.SERVING],
                instance_type=serving.instance_type,
                instance_count=serving.instance_count,
                serverless=serverless_of(self.aws),
                scaling=scaling_of(self.settings, self.aws),
                capture_percent=serving.capture_percent,
                rollback_alarm_names=watch.rollback_alarm_names,
                baking_minutes=serving.baking_minutes,
                placement=placement,
                tags=self.tags,
            ),
            self.options,
        )
