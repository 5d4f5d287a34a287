"""The preparation of prepare.py as an Apache Beam pipeline, for tables larger than one machine.

    python prepare_beam.py --input gs://raw/penguins/*.csv --output gs://processed/penguins \
        --table penguins --columns species,bill_length_mm … --features … --target species \
        --runner DataflowRunner --project … (any of Beam's own options)

It decides row by row with the same pure functions as the pandas path, so both give the same split
and the same statistics, up to the last digits of a sum that is added in another order. Only the
64-bit keys of a class are ever brought together on one worker. Output: `train/`, `validation/` and
`test/` as Parquet, and last `statistics/statistics.json`: where it is, all of the others are.

A sealed table is opened by one worker, since not a byte of it may be used before its end was
checked; from there on all workers share the rows.
"""

import csv
import json
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import AsDict, AsSingleton
from apache_beam.transforms import combiners
from column_statistics import Moments, Statistics, fit_statistics, normalise
from sealed_table import Seal, add_seal_arguments, opened, seal_of
from stratified_split import (
    SPLITS,
    Cuts,
    Split,
    SplitShares,
    assign_split,
    find_cuts,
    row_key,
)
from table_schema import Row, TableSchema, parse_row, require_classes, resolve_columns, split_names
from user_errors import ArgumentParser, DataError, run

KeyedRow = tuple[int, Row]


class CombineMoments(beam.CombineFn):
    """Moments of every feature, merged from whatever each worker has seen."""

    def __init__(self, features: int) -> None:
        self._features = features

    def create_accumulator(self) -> list[Moments]:
        return [Moments()] * self._features

    def add_input(self, accumulator: list[Moments], element: Row) -> list[Moments]:
        values = element.features
        return [moments.add(value) for moments, value in zip(accumulator, values, strict=True)]

    def merge_accumulators(self, accumulators: Iterable[list[Moments]]) -> list[Moments]:
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged = [one.merge(two) for one, two in zip(merged, accumulator, strict=True)]
        return merged

    def extract_output(self, accumulator: list[Moments]) -> list[Moments]:
        return accumulator


def sealed_lines(uri: str, *, seal: Seal) -> Iterator[str]:
    """The lines of a sealed CSV, without its header. Raises DataError when it is not sealed so."""
    with tempfile.TemporaryDirectory(prefix="sealed-") as directory:
        stored = Path(directory) / Path(uri).name
        plain_bytes = CompressionTypes.UNCOMPRESSED
        with FileSystems.open(uri, compression_type=plain_bytes) as source, stored.open("wb") as to:
            shutil.copyfileobj(source, to)
        with opened(stored, seal, name=uri) as plain, plain.open(encoding="utf-8") as lines:
            next(lines, None)
            for line in lines:
                yield line.rstrip("\n")


def lines_of(pipeline: beam.Pipeline, arguments: Namespace) -> Any:
    """The lines of the input's files, without their headers."""
    seal = seal_of(arguments)
    if seal is None:
        return pipeline | "read" >> beam.io.ReadFromText(arguments.input, skip_header_lines=1)
    return (
        pipeline
        | "sealed file" >> beam.Create([arguments.input])
        | "open" >> beam.FlatMap(sealed_lines, seal=seal)
        | "share" >> beam.Reshuffle()
    )


def parse_line(line: str, *, columns: Sequence[str], schema: TableSchema) -> Iterator[Row]:
    """The row of one CSV line, nothing where a value is missing.

    Raises DataError for a line with another number of values than there are columns.
    """
    if not line.strip():
        return
    values = next(csv.reader([line]))
    if len(values) != len(columns):
        raise DataError(
            f"table {schema.table!r} has a line with {len(values)} values where its header names "
            f"{len(columns)} columns: {line[:120]!r}. Correct the line; a value must not contain "
            "a line break."
        )
    names = resolve_columns(schema, columns)
    record = dict(zip(columns, values, strict=True))
    row = parse_row({column: record[names[column]] for column in schema.columns}, schema=schema)
    if row is not None:
        yield row


def keyed(row: Row, *, seed: int) -> KeyedRow:
    """The row with the number that decides its split, moved to where Beam's integers are.

    Beam's coder takes signed 64-bit integers; only the order of the keys matters.
    """
    return row_key(row, seed=seed) - 2**63, row


def label_and_key(item: KeyedRow) -> tuple[str, int]:
    """What `find_cuts` needs of a row."""
    return item[1].label, item[0]


def cuts_of(
    item: tuple[str, Iterable[int]], *, shares: SplitShares, schema: TableSchema
) -> tuple[str, Cuts]:
    """Where one class is cut."""
    label, keys = item
    return label, find_cuts(label, keys, shares=shares, schema=schema)


def with_split(item: KeyedRow, cuts: Mapping[str, Cuts]) -> tuple[Split, Row]:
    """The row under the name of its split."""
    return assign_split(item[1].label, item[0], cuts=cuts), item[1]


def statistics_of(
    _: object,
    moments: Sequence[Moments],
    counts: Mapping[Split, int],
    classes: Sequence[str],
    *,
    schema: TableSchema,
) -> Statistics:
    """The statistics of the whole table. Raises DataError for a constant column or one class."""
    require_classes(list(classes), schema=schema)
    rows: dict[str, int] = {split: counts.get(split, 0) for split in SPLITS}
    return fit_statistics(moments, schema=schema, classes=classes, rows=rows)


def prepared_record(row: Row, statistics: Statistics) -> dict[str, Any]:
    """A row as it is stored: normalised features and the target."""
    record: dict[str, Any] = {
        name: normalise(value, mean=statistics.mean[name], std=statistics.std[name])
        for name, value in zip(statistics.features, row.features, strict=True)
    }
    record[statistics.target] = row.label
    return record


def is_split(item: tuple[Split, Row], split: Split) -> bool:
    """Whether the row is of `split`."""
    return item[0] == split


def write_statistics(statistics: Statistics, path: str) -> None:
    """Store statistics.json."""
    with FileSystems.create(path, mime_type="application/json") as file:
        file.write(statistics.to_json().encode())


def build(pipeline: beam.Pipeline, arguments: Namespace) -> None:
    """Add all steps to the pipeline."""
    schema = TableSchema(
        table=arguments.table,
        features=split_names(arguments.features),
        target=arguments.target.strip(),
    )
    shares = SplitShares(train=arguments.train_fraction, validation=arguments.validation_fraction)
    columns = split_names(arguments.columns)
    resolve_columns(schema, columns)  # a wrong name is told before anything is started
    base = arguments.output.rstrip("/")

    rows = (
        lines_of(pipeline, arguments)
        | "parse" >> beam.FlatMap(parse_line, columns=columns, schema=schema)
        | "key" >> beam.Map(keyed, seed=arguments.seed)
    )
    labels = rows | "label and key" >> beam.Map(label_and_key)
    cuts = (
        labels
        | "by class" >> beam.GroupByKey()
        | "cut" >> beam.Map(cuts_of, shares=shares, schema=schema)
    )
    assigned = rows | "assign" >> beam.Map(with_split, AsDict(cuts))
    moments = (
        assigned
        | "training rows" >> beam.Filter(is_split, "train")
        | "training values" >> beam.Values()
        | "moments" >> beam.CombineGlobally(CombineMoments(len(schema.features)))
    )
    counts = assigned | "splits" >> beam.Keys() | "count" >> combiners.Count.PerElement()
    classes = (
        cuts
        | "classes" >> beam.Keys()
        | "all classes" >> combiners.ToList()
        | "sort classes" >> beam.Map(sorted)
    )
    statistics = (
        pipeline
        | "once" >> beam.Create([None])
        | "statistics"
        >> beam.Map(
            statistics_of,
            AsSingleton(moments),
            AsDict(counts),
            AsSingleton(classes),
            schema=schema,
        )
    )
    stored = [
        _write(assigned, split, base=base, schema=schema, statistics=statistics) for split in SPLITS
    ]
    (
        statistics
        | "after the splits" >> beam.WaitOn(*stored)
        | "write statistics"
        >> beam.Map(write_statistics, path=f"{base}/statistics/statistics.json")
    )


def _write(assigned: Any, split: Split, *, base: str, schema: TableSchema, statistics: Any) -> Any:
    fields = [(name, pa.float64()) for name in schema.features]
    return (
        assigned
        | f"{split} rows" >> beam.Filter(is_split, split)
        | f"{split} values" >> beam.Values()
        | f"{split} normalise" >> beam.Map(prepared_record, AsSingleton(statistics))
        | f"{split} write"
        >> beam.io.WriteToParquet(
            f"{base}/{split}/part",
            pa.schema([*fields, (schema.target, pa.string())]),
            file_name_suffix=".parquet",
        )
    )


def clear(output: str) -> None:
    """Delete what an earlier run left: fewer parts than before must not leave old ones behind."""
    base = output.rstrip("/")
    # The statistics first: without them the rest does not count as prepared.
    for name in ("statistics", *SPLITS):
        found = FileSystems.match([f"{base}/{name}/*"])[0].metadata_list
        if found:
            FileSystems.delete([item.path for item in found])


def parse_arguments(argv: Sequence[str] | None = None) -> tuple[Namespace, list[str]]:
    """The preparation's arguments, and the rest, which is Beam's."""
    from prepare import add_column_arguments  # pandas, which workers have no need of

    parser = ArgumentParser("Prepare a table of any size.")
    parser.add_argument("--input", required=True, help="CSV files with a header, * allowed")
    add_seal_arguments(parser)
    parser.add_argument("--output", required=True, help="folder to write below")
    parser.add_argument("--table", default="table", help="the table's name, for messages")
    parser.add_argument("--columns", required=True, help="comma-separated, as in the header")
    add_column_arguments(parser)
    return parser.parse_known_args(argv)


def cause_of(error: BaseException) -> DataError | None:
    """The DataError that a runner wrapped, by chain or, from another process, by its text."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, DataError):
            return seen
        seen = seen.__cause__ or seen.__context__
    marker = "user_errors.DataError: "
    _, found, text = str(error).rpartition(marker)
    return DataError(text.split(" [while running")[0].strip()) if found else None


def main(argv: Sequence[str] | None = None) -> None:
    """Run the pipeline and wait for its end; prints the job's id where there is one."""
    arguments, options = parse_arguments(argv)
    pipeline = beam.Pipeline(options=PipelineOptions(options))
    build(pipeline, arguments)
    try:
        clear(arguments.output)
        result = pipeline.run()
        job = getattr(result, "job_id", None)
        if callable(job):
            print(json.dumps({"job_id": job()}), flush=True)
        result.wait_until_finish()
    except Exception as error:
        found = cause_of(error)
        if found is None:
            raise
        raise found from error
    print(f"prepared {arguments.table} below {arguments.output}")


if __name__ == "__main__":
    # Under its own name: workers must find the functions in a module, not in `__main__`.
    import prepare_beam

    run(prepare_beam.main)
