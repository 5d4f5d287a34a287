"""The roles that jobs and endpoints run under: one per kind, each with only what it touches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.aws.lake import Zone
from components.aws.policies import Statement, allow, document, trust
from components.aws.watch import MONITORING_NAMESPACE
from components.naming import Sensitivity
from components.sealing import Seal

_SERVICE = {
    "prep": "glue.amazonaws.com",
    "training": "sagemaker.amazonaws.com",
    "serving": "sagemaker.amazonaws.com",
    "monitoring": "glue.amazonaws.com",
}


class JobKind(StrEnum):
    """What a role is for."""

    PREP = "prep"
    TRAINING = "training"
    SERVING = "serving"
    MONITORING = "monitoring"


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """What the roles may touch: everything is named, nothing is ``*`` that can be narrower."""

    account_id: str
    region: str
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    database: str
    workgroup: str
    endpoint_name: str
    log_prefix: str
    """First part of the preparation's log group names."""
    monitored_table: str | None
    """The table that captured requests are compared with; None: there is no monitoring."""
    monitoring_log_prefix: str
    image_repository_arn: pulumi.Input[str]
    seal: Seal | None
    """What the raw table is sealed for; the preparation may open that, and nothing else."""
    in_network: bool
    tags: Mapping[str, str]


class Identity(pulumi.ComponentResource):
    """A role for each job kind, assumable only by its service and only for this account.

    There are no managed policies and no keys. What cannot be limited to a resource by the cloud
    (metrics, network interfaces, the registry's token) is limited by a condition or stands alone
    in a statement of its own.
    """

    role_arns: Mapping[JobKind, pulumi.Output[str]]
    """Known only after the role's permissions are in place, so that jobs never start too early."""

    def __init__(
        self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Identity", name, None, opts)
        self._name = name
        self._args = args
        statements = {
            JobKind.PREP: self._prep(),
            JobKind.TRAINING: self._training(),
            JobKind.SERVING: self._serving(),
        }
        if args.monitored_table is not None:
            statements[JobKind.MONITORING] = self._monitoring(args.monitored_table)
        self.role_arns = {
            kind: self._role(f"{name}-{kind}", kind, [*granted, *self._network()])
            for kind, granted in statements.items()
        }
        self.register_outputs({"role_arns": {str(k): arn for k, arn in self.role_arns.items()}})

    def _role(
        self, name: str, kind: JobKind, statements: Sequence[Statement]
    ) -> pulumi.Output[str]:
        role = aws.iam.Role(
            name,
            assume_role_policy=trust(_SERVICE[kind], account_id=self._args.account_id),
            tags=self._args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        policy = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=document(statements),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.all(role.arn, policy.id).apply(lambda known: str(known[0]))

    def _prep(self) -> list[Statement]:
        args = self._args
        arn = f"arn:aws:glue:{args.region}:{args.account_id}"
        athena = f"arn:aws:athena:{args.region}:{args.account_id}:workgroup/{args.workgroup}"
        tables = ["GetDatabase", "GetTable", "GetTables", "GetPartition", "GetPartitions"]
        tables += ["CreateTable", "UpdateTable", "DeleteTable"]
        tables += ["BatchCreatePartition", "BatchDeletePartition", "DeletePartition"]
        queries = ["StartQueryExecution", "StopQueryExecution", "GetQueryExecution"]
        queries += ["GetQueryResults", "GetWorkGroup"]
        return [
            self._list("ListTables", [Zone.RAW, Zone.PROCESSED]),
            self._read("ReadRaw", [(Zone.RAW, "*"), (Zone.PROCESSED, "*")]),
            self._read("ReadCode", [(Zone.ARTEFACTS, "code/*")]),
            self._write("WriteProcessed", [(Zone.PROCESSED, "*")], delete=True),
            self._decrypt([Sensitivity.DATA, Sensitivity.MODEL]),
            allow(
                "UseCatalog",
                [f"glue:{action}" for action in tables],
                [
                    f"{arn}:catalog",
                    f"{arn}:database/{args.database}",
                    # Athena asks for this database, whatever a query names.
                    # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
                    f"{arn}:database/default",
                    f"{arn}:table/{args.database}/*",
                ],
            ),
            allow("Query", [f"athena:{action}" for action in queries], [athena]),
            self._logs(
                [f"{args.log_prefix}/*", "/aws-glue/crawlers*"], more=["logs:AssociateKmsKey"]
            ),
            self._metrics("Glue"),
            *self._open_sealed(),
            *self._connection(),
        ]

    def _open_sealed(self) -> list[Statement]:
        """KMS itself refuses another context, whatever the job asks for."""
        seal = self._args.seal
        if seal is None:
            return []
        bound = {f"kms:EncryptionContext:{key}": value for key, value in seal.context.items()}
        key = self._args.key_ids[Sensitivity.SEALED]
        return [allow("OpenSealed", ["kms:Decrypt"], [key], condition={"StringEquals": bound})]

    def _connection(self) -> list[Statement]:
        """Glue reads, as the job, the connection that places the job in the network."""
        if not self._args.in_network:
            return []
        arn = f"arn:aws:glue:{self._args.region}:{self._args.account_id}"
        connections = [f"{arn}:catalog", f"{arn}:connection/{self._name}-*"]
        return [allow("FindNetwork", ["glue:GetConnection"], connections)]

    def _training(self) -> list[Statement]:
        return [
            self._list("ListInputs", [Zone.PROCESSED, Zone.ARTEFACTS]),
            self._read(
                "ReadInputs",
                [(Zone.PROCESSED, "*"), (Zone.ARTEFACTS, "code/*"), (Zone.ARTEFACTS, "training/*")],
            ),
            self._write("WriteModels", [(Zone.ARTEFACTS, "training/*")]),
            self._decrypt([Sensitivity.DATA, Sensitivity.MODEL], volumes=True),
            self._logs(["/aws/sagemaker/TrainingJobs"]),
            self._metrics("/aws/sagemaker/*"),
            *self._image(),
        ]

    def _serving(self) -> list[Statement]:
        return [
            self._list("ListModels", [Zone.ARTEFACTS]),
            self._read("ReadModels", [(Zone.ARTEFACTS, "training/*")]),
            self._write("WriteCaptured", [(Zone.PROCESSED, "captured/*")]),
            self._decrypt([Sensitivity.DATA, Sensitivity.MODEL], volumes=True),
            self._logs([f"/aws/sagemaker/Endpoints/{self._args.endpoint_name}"]),
            self._metrics("/aws/sagemaker/*"),
            *self._image(),
        ]

    def _monitoring(self, table: str) -> list[Statement]:
        return [
            self._list("ListRequests", [Zone.PROCESSED]),
            self._read(
                "ReadRequests",
                [
                    (Zone.PROCESSED, "captured/*"),
                    (Zone.PROCESSED, f"{table}/train/*"),
                    (Zone.PROCESSED, f"{table}/statistics/*"),
                    (Zone.ARTEFACTS, "code/*"),
                ],
            ),
            self._write("WriteReports", [(Zone.ARTEFACTS, "monitoring/*")]),
            self._decrypt([Sensitivity.DATA, Sensitivity.MODEL]),
            self._logs([f"{self._args.monitoring_log_prefix}/*"], more=["logs:AssociateKmsKey"]),
            self._metrics("Glue", MONITORING_NAMESPACE),
            *self._connection(),
        ]

    def _bucket_arn(self, zone: Zone, suffix: str = "") -> pulumi.Output[str]:
        return pulumi.Output.concat("arn:aws:s3:::", self._args.bucket_names[zone], suffix)

    def _list(self, sid: str, zones: Sequence[Zone]) -> Statement:
        actions = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
        return allow(sid, actions, [self._bucket_arn(zone) for zone in zones])

    def _read(self, sid: str, places: Sequence[tuple[Zone, str]]) -> Statement:
        return allow(
            sid, ["s3:GetObject"], [self._bucket_arn(zone, f"/{path}") for zone, path in places]
        )

    def _write(
        self, sid: str, places: Sequence[tuple[Zone, str]], *, delete: bool = False
    ) -> Statement:
        actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        actions += ["s3:DeleteObject"] if delete else []
        return allow(sid, actions, [self._bucket_arn(zone, f"/{path}") for zone, path in places])

    def _decrypt(self, classes: Sequence[Sensitivity], *, volumes: bool = False) -> Statement:
        # Encrypt: the catalogue's entries, and what SageMaker writes with a key that a job names.
        # https://docs.aws.amazon.com/glue/latest/dg/set-up-encryption.html
        actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
        # SageMaker encrypts a volume through a grant that the role makes.
        actions += ["kms:CreateGrant"] if volumes else []
        return allow("UseKeys", actions, [self._args.key_ids[item] for item in classes])

    def _logs(self, groups: Sequence[str], *, more: Sequence[str] = ()) -> Statement:
        base = f"arn:aws:logs:{self._args.region}:{self._args.account_id}:log-group:"
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        actions += ["logs:DescribeLogStreams", *more]
        return allow("WriteLogs", actions, [f"{base}{group}:*" for group in groups])

    def _metrics(self, *namespaces: str) -> Statement:
        # PutMetricData knows no resources: the namespace is its only limit.
        return allow(
            "WriteMetrics",
            ["cloudwatch:PutMetricData"],
            ["*"],
            condition={"StringLike": {"cloudwatch:namespace": list(namespaces)}},
        )

    def _image(self) -> list[Statement]:
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"]
        pull += ["ecr:GetDownloadUrlForLayer"]
        return [
            allow("PullImage", pull, [self._args.image_repository_arn]),
            # The token knows no resources.
            allow("RegistryToken", ["ecr:GetAuthorizationToken"], ["*"]),
        ]

    def _network(self) -> list[Statement]:
        if not self._args.in_network:
            return []
        region, account = self._args.region, self._args.account_id
        describe = ["NetworkInterfaces", "Subnets", "SecurityGroups", "VpcEndpoints", "Vpcs"]
        describe += ["RouteTables", "DhcpOptions", "VpcAttribute"]
        change = ["CreateNetworkInterface", "CreateNetworkInterfacePermission"]
        change += ["DeleteNetworkInterface", "DeleteNetworkInterfacePermission"]
        kinds = ["network-interface", "subnet", "security-group"]
        return [
            # Describe calls know no resources.
            allow("SeeNetwork", [f"ec2:Describe{noun}" for noun in describe], ["*"]),
            allow(
                "AttachToNetwork",
                [f"ec2:{action}" for action in change] + ["ec2:CreateTags"],
                [f"arn:aws:ec2:{region}:{account}:{kind}/*" for kind in kinds],
            ),
        ]
