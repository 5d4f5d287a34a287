"""The AWS Glue job: drift.py from an endpoint's captured requests to a report and metrics.

Compares the requests of the last `--interval_hours` below `--captured_uri` with the training split
below `--train_uri` (skew) and with the interval before (drift). Writes the report as JSON below
`--report_uri` and the divergences as metrics of CloudWatch, whose alarms judge them. Needs boto3,
pandas and pyarrow, which Glue has; no Spark.
"""

import io
import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import drift
import numpy as np
import pandas as pd
from captured_requests import read_line
from user_errors import ArgumentParser, DataError, run

_METRICS_OF_A_CALL = 500  # CloudWatch takes 1000
_HOUR = timedelta(hours=1)


def parse_arguments(argv: Sequence[str]) -> Namespace:
    """The job's own arguments; Glue adds others (`--JOB_NAME` …), which are left alone."""
    parser = ArgumentParser("Compare an endpoint's requests with what its model was trained on.")
    parser.add_argument("--region", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--captured_uri", required=True, help="s3://…/ENDPOINT/VARIANT")
    parser.add_argument("--train_uri", required=True, help="normalised training split, Parquet")
    parser.add_argument("--statistics_uri", required=True, help="where statistics.json is")
    parser.add_argument("--report_uri", required=True, help="s3://bucket/prefix")
    parser.add_argument("--namespace", required=True, help="of the metrics")
    parser.add_argument("--thresholds", required=True, help='{"FEATURE": {"skew": 0.3, …}, …}')
    parser.add_argument("--min_rows", type=int, required=True)
    parser.add_argument("--interval_hours", type=int, required=True)
    # SageMaker stores what it captured a little later.
    parser.add_argument("--lag_minutes", type=int, default=0, help="end the interval earlier")
    return parser.parse_known_args(argv)[0]


class Store:
    """Reads and writes S3 objects by their `s3://` address."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def objects(self, uri: str) -> Iterator[tuple[str, datetime]]:
        """Address and time of each object whose address begins with `uri`."""
        bucket, prefix = _parts(uri)
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                yield f"s3://{bucket}/{item['Key']}", item["LastModified"]

    def open(self, uri: str) -> Any:
        """The object's bytes as a stream."""
        bucket, key = _parts(uri)
        return self._client.get_object(Bucket=bucket, Key=key)["Body"]

    def write(self, uri: str, text: str) -> None:
        """Stores a JSON text."""
        bucket, key = _parts(uri)
        self._client.put_object(
            Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json"
        )


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def read_training(store: Store, arguments: Namespace) -> tuple[list[str], pd.DataFrame]:
    """The features and the training split in raw units. Raises DataError when there is none."""
    statistics_uri = f"{arguments.statistics_uri.rstrip('/')}/statistics.json"
    statistics = json.load(store.open(statistics_uri))
    features = list(statistics["features"])
    parts = [
        pd.read_parquet(io.BytesIO(store.open(uri).read()), columns=features)
        for uri, _ in store.objects(arguments.train_uri)
        if uri.endswith(".parquet")
    ]
    if not parts:
        raise DataError(f"no training split below {arguments.train_uri}: run the preparation first")
    mean, std = pd.Series(statistics["mean"]), pd.Series(statistics["std"])
    return features, pd.concat(parts)[features] * std + mean


def read_requests(store: Store, captured_uri: str, windows: Sequence[drift.Window]) -> None:
    """Counts what was captured into the windows that it belongs to."""
    features = list(windows[0].buckets)
    start, end = min(window.start for window in windows), datetime.now(UTC)
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour <= end:
        folder = f"{captured_uri.rstrip('/')}/{hour:%Y/%m/%d/%H}/"
        for uri, stored in store.objects(folder):
            for line in store.open(uri).iter_lines():
                request = read_line(line, features)
                # What tells no time counts for the time at which it was stored.
                moment = request.moment or stored
                for window in windows:
                    if not window.takes(moment):
                        continue
                    if request.matrix is None:
                        window.malformed += 1
                    else:
                        window.add(request.matrix)
        hour += _HOUR


def make_report(store: Store, arguments: Namespace) -> dict[str, Any]:
    """Both comparisons, with the thresholds of the arguments."""
    features, rows = read_training(store, arguments)
    values = {name: rows[name].to_numpy(dtype=np.float64) for name in features}
    buckets = {name: drift.Buckets.of(column) for name, column in values.items()}
    end = datetime.now(UTC) - timedelta(minutes=arguments.lag_minutes)
    interval = timedelta(hours=arguments.interval_hours)
    window = drift.Window(start=end - interval, end=end, buckets=buckets)
    before = drift.Window(start=end - 2 * interval, end=end - interval, buckets=buckets)
    read_requests(store, arguments.captured_uri, [window, before])
    thresholds = json.loads(arguments.thresholds)
    report = drift.compare(
        training={name: buckets[name].count(column) for name, column in values.items()},
        before=before,
        window=window,
        thresholds={name: drift.Thresholds(**thresholds[name]) for name in features},
        min_rows=arguments.min_rows,
    )
    return {"endpoint": arguments.endpoint, **report}


def publish(cloudwatch: Any, report: Mapping[str, Any], arguments: Namespace) -> None:
    """The report's figures as metrics."""
    told = list(drift.metrics(report, arguments.endpoint))
    for start in range(0, len(told), _METRICS_OF_A_CALL):
        cloudwatch.put_metric_data(
            Namespace=arguments.namespace, MetricData=told[start : start + _METRICS_OF_A_CALL]
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with the arguments Glue passes."""
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    store = Store(boto3.client("s3", region_name=arguments.region))
    report = make_report(store, arguments)
    moment = datetime.fromisoformat(report["window"]["end"])
    place = f"{arguments.report_uri.rstrip('/')}/{moment:%Y/%m/%d/%H-%M-%S}.json"
    store.write(place, json.dumps(report, indent=2, allow_nan=False) + "\n")
    # Last: whoever is rung by an alarm finds the report.
    publish(boto3.client("cloudwatch", region_name=arguments.region), report, arguments)
    found = ", ".join(report["anomalies"]) or "none"
    print(f"{report['status']}; anomalies: {found}; malformed: {report['window']['malformed']}")
    print(f"report: {place}")


if __name__ == "__main__":
    run(main)
