"""Data preparation: the catalogue, the query workgroup and the Glue job that runs in `up`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws

from components.aws.lake import Zone
from components.aws.network import Placement
from components.aws.runs.glue_job_run import GlueJobRun, GlueJobRunArgs
from components.aws.uploads import upload_code
from components.naming import Sensitivity, content_hash
from components.packaging import CodeArchive, file_sha256, pack_distribution, pack_modules
from components.sealing import Seal, stored_name
from components.tags import with_sensitivity

# The newest Glue with Spark 3.5 and Python 3.11. The Python shell would be cheaper, but it stopped
# at Python 3.9, which gets no security fixes any more.
# https://docs.aws.amazon.com/glue/latest/dg/release-notes.html
GLUE_VERSION: Final = "5.0"
_CSV_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"
_CSV_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_CSV_SERDE: Final = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


@dataclass(frozen=True, kw_only=True)
class PrepArgs:
    """The raw table, what to keep of it, and the machines that do it."""

    account_id: str
    region: str
    database: str
    workgroup: str
    table: str
    columns: Sequence[str]
    """All columns of the raw table, in the order of its file."""
    features: Sequence[str]
    target: str
    train_fraction: float
    validation_fraction: float
    seed: int
    file_name: str
    """Of the table, in its folder."""
    data_sha256: str
    seal: Seal | None
    """What the raw table is sealed for; None: it is not."""
    raw_table_uri: pulumi.Input[str]
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    role_arn: pulumi.Input[str]
    code_directory: Path
    log_prefix: pulumi.Input[str]
    worker_type: str
    workers: int
    timeout_minutes: int
    crawl_schedule: str | None
    wheels: Sequence[Path]
    """What Glue installs to open a sealed table; none: ``cryptography`` from the package index."""
    placement: Placement | None
    tags: Mapping[str, str]


class Prep(pulumi.ComponentResource):
    """Catalogue, workgroup and job; the job's run is part of `up`.

    Each table has one owner. The raw table is declared here; the crawler only reports changes of
    its schema. The prepared tables (``…_train``, ``…_validation``, ``…_test``) are written and
    catalogued by the job, and go when the database goes. Job, crawler, query results and logs are
    encrypted with the stack's keys; the workgroup's settings cannot be overridden by a client.

    A sealed raw table is in no catalogue: Athena and crawlers see ciphertext. The job opens it.
    """

    datasets: pulumi.Output[Mapping[str, str]]
    """S3 prefixes of ``train``, ``validation``, ``test``, ``statistics``, once they are there."""
    job_name: pulumi.Output[str]
    database: pulumi.Output[str]
    workgroup: pulumi.Output[str]
    security_configuration: pulumi.Output[str]
    connections: Sequence[pulumi.Output[str]] | None
    """What places a Glue job in the network, if there is one."""
    code_sha256: str
    """Of the modules that the job ran with."""

    def __init__(
        self, name: str, args: PrepArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Prep", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = with_sensitivity(args.tags, Sensitivity.DATA)
        modules = pack_modules(args.code_directory, entries=["prepare_glue"])
        self.code_sha256 = modules.sha256
        database = self._database(name)
        security = self._security(name)
        if args.seal is None:
            self._raw_table(name, database)
            self._crawler(name, database, security)
        workgroup = self._workgroup(name)
        self.security_configuration = security.name
        self.connections = self._connections(name)
        job = self._job(name, security, modules)
        run = self._run(name, job, database, workgroup)
        self.datasets = run.datasets
        self.job_name = job.name
        self.database = database.name
        self.workgroup = workgroup.name
        self.register_outputs(
            {
                "datasets": self.datasets,
                "job_name": self.job_name,
                "database": self.database,
                "workgroup": self.workgroup,
                "security_configuration": self.security_configuration,
                "connections": self.connections,
            }
        )

    def _database(self, name: str) -> aws.glue.CatalogDatabase:
        args = self._args
        return aws.glue.CatalogDatabase(
            name,
            name=args.database,
            description=f"{name}: raw and prepared tables",
            tags=self._tags,
            opts=self._child,
        )

    def _raw_table(self, name: str, database: aws.glue.CatalogDatabase) -> None:
        args = self._args
        aws.glue.CatalogTable(
            f"{name}-{args.table}",
            name=args.table,
            database_name=database.name,
            table_type="EXTERNAL_TABLE",
            parameters={"classification": "csv", "skip.header.line.count": "1"},
            storage_descriptor={
                "location": args.raw_table_uri,
                "input_format": _CSV_INPUT,
                "output_format": _CSV_OUTPUT,
                "ser_de_info": {
                    "serialization_library": _CSV_SERDE,
                    "parameters": {"separatorChar": ",", "quoteChar": '"'},
                },
                # This SerDe reads text only; the job turns it into numbers and recognises gaps.
                "columns": [{"name": column, "type": "string"} for column in args.columns],
            },
            opts=self._child,
        )

    def _security(self, name: str) -> aws.glue.SecurityConfiguration:
        keys = self._args.key_ids
        return aws.glue.SecurityConfiguration(
            name,
            # Known beforehand, because Glue may add it to the names of the job's log groups, which
            # watch declares.
            name=name,
            encryption_configuration={
                "cloudwatch_encryption": {
                    "cloudwatch_encryption_mode": "SSE-KMS",
                    "kms_key_arn": keys[Sensitivity.OPERATIONS],
                },
                "job_bookmarks_encryption": {
                    "job_bookmarks_encryption_mode": "CSE-KMS",
                    "kms_key_arn": keys[Sensitivity.DATA],
                },
                "s3_encryption": {
                    "s3_encryption_mode": "SSE-KMS",
                    "kms_key_arn": keys[Sensitivity.DATA],
                },
            },
            opts=self._child,
        )

    def _crawler(
        self,
        name: str,
        database: aws.glue.CatalogDatabase,
        security: aws.glue.SecurityConfiguration,
    ) -> None:
        args = self._args
        aws.glue.Crawler(
            name,
            database_name=database.name,
            role=args.role_arn,
            s3_targets=[{"path": args.raw_table_uri}],
            # It reports what changed and writes nothing: the table has one owner already.
            schema_change_policy={"delete_behavior": "LOG", "update_behavior": "LOG"},
            schedule=args.crawl_schedule,
            security_configuration=security.name,
            tags=self._tags,
            opts=self._child,
        )

    def _workgroup(self, name: str) -> aws.athena.Workgroup:
        args = self._args
        return aws.athena.Workgroup(
            name,
            name=args.workgroup,
            force_destroy=True,
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "result_configuration": {
                    "output_location": pulumi.Output.concat(
                        "s3://", args.bucket_names[Zone.PROCESSED], "/queries/"
                    ),
                    "encryption_configuration": {
                        "encryption_option": "SSE_KMS",
                        "kms_key_arn": args.key_ids[Sensitivity.DATA],
                    },
                },
            },
            tags=self._tags,
            opts=self._child,
        )

    def _upload(self, name: str, archive: CodeArchive, file_name: str) -> pulumi.Output[str]:
        args = self._args
        return upload_code(
            name,
            archive,
            bucket=args.bucket_names[Zone.ARTEFACTS],
            file_name=file_name,
            key_id=args.key_ids[Sensitivity.MODEL],
            tags=args.tags,
            parent=self,
        )

    def _job(
        self, name: str, security: aws.glue.SecurityConfiguration, modules: CodeArchive
    ) -> aws.glue.Job:
        args = self._args
        script = CodeArchive(path=args.code_directory / "prepare_glue.py", sha256=self.code_sha256)
        library = pack_distribution("awswrangler")
        extra = [
            self._upload(f"{name}-prep-modules", modules, "modules.zip"),
            self._upload(f"{name}-prep-library", library, "awswrangler.zip"),
        ]
        modules_to_install = self._modules_to_install(name)
        return aws.glue.Job(
            f"{name}-prep",
            role_arn=args.role_arn,
            glue_version=GLUE_VERSION,
            worker_type=args.worker_type,
            number_of_workers=args.workers,
            timeout=args.timeout_minutes,
            max_retries=0,
            execution_property={"max_concurrent_runs": 1},
            security_configuration=security.name,
            connections=self.connections,
            command={
                "name": "glueetl",
                "python_version": "3",
                "script_location": self._upload(f"{name}-prep-script", script, "prepare_glue.py"),
            },
            default_arguments={
                "--job-language": "python",
                "--job-bookmark-option": "job-bookmark-disable",
                "--enable-metrics": "true",
                "--extra-py-files": pulumi.Output.all(*extra).apply(",".join),
                "--custom-logGroup-prefix": args.log_prefix,
                **modules_to_install,
            },
            tags=self._tags,
            opts=self._child,
        )

    def _modules_to_install(self, name: str) -> dict[str, pulumi.Input[str]]:
        """What opens a sealed table, whatever this version of Glue brings by itself.

        https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
        """
        if self._args.seal is None:
            return {}
        wheels = [
            self._upload(
                f"{name}-prep-{path.name.split('-')[0]}",
                CodeArchive(path=path, sha256=file_sha256(path)),
                path.name,
            )
            for path in self._args.wheels
        ]
        modules: list[pulumi.Input[str]] = [*wheels] or [
            f"cryptography=={metadata.version('cryptography')}"
        ]
        return {"--additional-python-modules": pulumi.Output.all(*modules).apply(",".join)}

    def _connections(self, name: str) -> list[pulumi.Output[str]] | None:
        placement = self._args.placement
        if placement is None:
            return None
        connection = aws.glue.Connection(
            name,
            connection_type="NETWORK",
            physical_connection_requirements={
                "availability_zone": placement.zones[0],
                "security_group_id_lists": [placement.security_group_id],
                "subnet_id": placement.subnet_ids[0],
            },
            tags=self._tags,
            opts=self._child,
        )
        return [connection.name]

    def _run(
        self,
        name: str,
        job: aws.glue.Job,
        database: aws.glue.CatalogDatabase,
        workgroup: aws.athena.Workgroup,
    ) -> GlueJobRun:
        args = self._args
        settings = {
            "--raw_table": args.table,
            "--features": ",".join(args.features),
            "--target": args.target,
            "--seed": str(args.seed),
            "--train_fraction": str(args.train_fraction),
            "--validation_fraction": str(args.validation_fraction),
            **(args.seal.arguments if args.seal else {}),
        }
        processed = pulumi.Output.concat(
            "s3://", args.bucket_names[Zone.PROCESSED], f"/{args.table}"
        )
        return GlueJobRun(
            f"{name}-prep",
            GlueJobRunArgs(
                job_name=job.name,
                arguments={
                    **settings,
                    "--database": database.name,
                    "--workgroup": workgroup.name,
                    "--processed_uri": processed,
                    **self._sealed(),
                },
                trigger=content_hash(
                    {"data": args.data_sha256, "code": self.code_sha256, "settings": settings}
                ),
                processed_uri=processed,
                region=args.region,
                timeout_minutes=args.timeout_minutes,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _sealed(self) -> dict[str, pulumi.Input[str]]:
        """Where the sealed table is, and which key opens it; both follow from the content."""
        args = self._args
        if args.seal is None:
            return {}
        file = stored_name(args.file_name, args.seal)
        return {
            "--sealed_uri": pulumi.Output.concat(args.raw_table_uri, file),
            "--seal_key": args.key_ids[Sensitivity.SEALED],
        }
