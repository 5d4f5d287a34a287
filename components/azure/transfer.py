"""The raw table from S3: copied by the machine that runs Pulumi, with its own two identities."""

from dataclasses import dataclass

import pulumi

from components.azure.runs.transfer_run import TransferRun, TransferRunArgs


@dataclass(frozen=True, kw_only=True)
class TransferArgs:
    """From where, and to where."""

    file_name: str
    data_sha256: str
    source_table_uri: pulumi.Input[str]
    """``s3://…/`` of the raw table's folder, once the file is there."""
    source_region: str
    sink_account_url: pulumi.Input[str]
    sink_container: pulumi.Input[str]
    sink_folder: str
    """The raw table's folder within the container."""
    sink_table_uri: pulumi.Input[str]
    """The same folder as Azure ML names it."""


class Transfer(pulumi.ComponentResource):
    """Copies the table's file, in `up`.

    No key exists that lives long: who runs Pulumi reads with the AWS login and writes with the
    Azure login that it has anyway. Every object's checksum is compared on both ends. There is no
    daily run as on GCP: Azure has no service that would carry it out without a key of AWS.
    """

    raw_table_uri: pulumi.Output[str]
    """Address of the table's folder in the sink, once its file is there."""

    def __init__(
        self, name: str, args: TransferArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Transfer", name, None, opts)
        run = TransferRun(
            f"{name}-transfer",
            TransferRunArgs(
                source_uri=pulumi.Output.concat(args.source_table_uri, args.file_name),
                source_region=args.source_region,
                account_url=args.sink_account_url,
                container=args.sink_container,
                path=f"{args.sink_folder}/{args.file_name}",
                trigger=args.data_sha256,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        # Through the run, so that whoever reads the folder waits for the file.
        self.raw_table_uri = pulumi.Output.all(args.sink_table_uri, run.transferred_url).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"raw_table_uri": self.raw_table_uri})
