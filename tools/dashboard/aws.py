"""AWS's column, from SageMaker and CloudWatch."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from tools.dashboard.overview import (
    ERRORS,
    LATENCY,
    PERIOD_SECONDS,
    REQUESTS,
    Alarm,
    Looking,
    Overview,
    Series,
    Window,
)

# components.aws.serving declares no other; importing it would import the whole provider.
_VARIANT: Final = "AllTraffic"
_STATES: Final = {"OK": "ok", "ALARM": "ringing", "INSUFFICIENT_DATA": "no data"}
_MICROSECONDS: Final = 1000


def look(name: str, outputs: Mapping[str, Any], window: Window) -> Overview:
    """The column of the stack whose things in AWS are called ``name``."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    looking = Looking((BotoCoreError, ClientError))
    region, endpoint = outputs["region"], outputs["endpoint_name"]
    sagemaker = boto3.client("sagemaker", region_name=region)
    cloudwatch = boto3.client("cloudwatch", region_name=region)
    state = looking.at(
        "endpoint",
        lambda: sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"],
        "unknown",
    )
    alarms = looking.at(
        "alarms",
        lambda: [
            Alarm(item["AlarmName"], item.get("AlarmDescription", ""), _STATES[item["StateValue"]])
            for page in cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=f"{name}-", AlarmTypes=["MetricAlarm"]
            )
            for item in page["MetricAlarms"]
        ],
        [],
    )
    series = looking.at("metrics", lambda: _series(cloudwatch, endpoint, window), [])
    return Overview(state=state, alarms=alarms, series=series, troubles=looking.troubles)


def _series(cloudwatch: Any, endpoint: str, window: Window) -> list[Series]:
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": _VARIANT},
    ]
    wanted = {
        "requests": ("Invocations", "Sum"),
        "client": ("Invocation4XXErrors", "Sum"),
        "server": ("Invocation5XXErrors", "Sum"),
        "latency": ("ModelLatency", "p99"),
    }
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {
                "Id": key,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SageMaker",
                        "MetricName": metric,
                        "Dimensions": dimensions,
                    },
                    "Period": PERIOD_SECONDS,
                    "Stat": statistic,
                },
            }
            for key, (metric, statistic) in wanted.items()
        ],
        StartTime=dt.datetime.fromtimestamp(window.start, dt.UTC),
        EndTime=dt.datetime.fromtimestamp(window.end, dt.UTC),
    )
    found = {
        result["Id"]: {
            moment.timestamp(): float(value)
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True)
        }
        for result in answer["MetricDataResults"]
    }
    errors = {
        moment: found["client"].get(moment, 0) + found["server"].get(moment, 0)
        for moment in {*found["client"], *found["server"]}
    }
    latency = {moment: value / _MICROSECONDS for moment, value in found["latency"].items()}
    return [Series(REQUESTS, found["requests"]), Series(ERRORS, errors), Series(LATENCY, latency)]
