"""The AWS Glue job: the preparation of prepare.py from catalog table to catalog tables.

Reads `--database`.`--raw_table` through Athena, writes Parquet data sets below `--processed_uri`
(`train/`, `validation/`, `test/`, mode overwrite) as tables `<raw_table>_train` and so on in the
same database, and `statistics/statistics.json` beside them. Needs awswrangler, which reaches the
job with the other modules; no Spark. A sealed table, which Athena cannot read, is fetched from
`--sealed_uri` and opened here.
"""

import io
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import awswrangler as wr
import pandas as pd
from prepare import PreparedTable, add_column_arguments, describe, prepare_with, read_table
from sealed_table import Seal, add_seal_arguments, opened, seal_of
from user_errors import ArgumentParser, DataError, run


def parse_arguments(argv: Sequence[str]) -> Namespace:
    """The job's own arguments; Glue adds others (`--JOB_NAME` …), which are left alone."""
    parser = ArgumentParser("Prepare a catalog table.")
    parser.add_argument("--database", required=True)
    parser.add_argument("--raw_table", required=True)
    parser.add_argument("--workgroup", required=True)
    parser.add_argument("--processed_uri", required=True, help="s3://bucket/prefix")
    parser.add_argument("--sealed_uri", default="", help="s3://bucket/key of a sealed table")
    add_column_arguments(parser)
    add_seal_arguments(parser)
    return parser.parse_known_args(argv)[0]


def read_raw_table(arguments: Namespace) -> pd.DataFrame:
    """The raw table. Raises DataError when the catalog does not have it."""
    if not wr.catalog.does_table_exist(database=arguments.database, table=arguments.raw_table):
        raise DataError(
            f"table {arguments.raw_table!r} is not in catalog database {arguments.database!r}: "
            "create it, or correct the configured table"
        )
    # CTAS would create tables of its own in the catalog; the workgroup says where results go.
    return wr.athena.read_sql_table(
        table=arguments.raw_table,
        database=arguments.database,
        ctas_approach=False,
        workgroup=arguments.workgroup,
    )


def read_sealed_table(uri: str, seal: Seal) -> pd.DataFrame:
    """The table that lies sealed at `uri`; raises DataError when it is not sealed so."""
    with tempfile.TemporaryDirectory(prefix="sealed-") as directory:
        stored = Path(directory) / Path(uri).name
        wr.s3.download(path=uri, local_file=str(stored))
        with opened(stored, seal, name=uri) as plain:
            return read_table(plain)


def write_catalog_tables(prepared: PreparedTable, arguments: Namespace) -> None:
    """The splits as Parquet tables of the catalog, then the statistics."""
    base = arguments.processed_uri.rstrip("/")
    statistics = prepared.statistics
    types = dict.fromkeys(statistics.features, "double") | {statistics.target: "string"}
    for split, frame in prepared.splits.items():
        wr.s3.to_parquet(
            df=frame,
            path=f"{base}/{split}/",
            dataset=True,
            database=arguments.database,
            table=f"{arguments.raw_table}_{split}",
            mode="overwrite",
            dtype=types,
        )
    text = statistics.to_json().encode()
    wr.s3.upload(local_file=io.BytesIO(text), path=f"{base}/statistics/statistics.json")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with the arguments Glue passes."""
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    seal = seal_of(arguments)
    if seal is None:
        table = read_raw_table(arguments)
    else:
        table = read_sealed_table(arguments.sealed_uri, seal)
    prepared = prepare_with(table, arguments, name=f"{arguments.database}.{arguments.raw_table}")
    write_catalog_tables(prepared, arguments)
    print(describe(prepared))


if __name__ == "__main__":
    run(main)
