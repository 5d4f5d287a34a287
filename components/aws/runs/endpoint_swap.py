"""Changing the configuration of a live SageMaker endpoint, and finding out how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.aws.runs.cloud import client, explained, is_missing
from components.aws.runs.logs import LogPlace, excerpt
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.provider import Context

_CHANGING: Final = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
# The longest SageMaker takes for a deployment by default.
_LIMIT_SECONDS: Final = 4 * 3600.0
# For this long after the request the old state may still be reported.
_SETTLING_SECONDS: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Swap:
    """The endpoint, the configuration it should serve, and how carefully."""

    endpoint: str
    config: str
    region: str | None
    alarms: tuple[str, ...] = ()
    baking_seconds: int = 0


def describe(endpoint: str, region: str | None) -> dict[str, Any] | None:
    """The endpoint as SageMaker describes it, or ``None`` when there is none."""
    from botocore.exceptions import ClientError

    with explained(f"endpoint {endpoint}"):
        try:
            answer: dict[str, Any] = client("sagemaker", region).describe_endpoint(
                EndpointName=endpoint
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    return answer


def swap(context: Context, wanted: Swap) -> str:
    """Has the endpoint serve the wanted configuration; returns its name once it does.

    An update under way, e.g. of an interrupted ``pulumi up``, is waited for first.

    Raises:
        OperationInterruptedError: when the user interrupted; what was begun goes on in the cloud.
        ResourceFailedError: when the endpoint is missing, failed, or went back to what it served.
    """
    polling = Polling(context, f"endpoint {wanted.endpoint}", limit=_LIMIT_SECONDS)
    before = _settled(polling, wanted)
    if before["EndpointConfigName"] == wanted.config:
        return wanted.config
    with explained(f"endpoint {wanted.endpoint}"):
        request = update_request(wanted, before)
        client("sagemaker", wanted.region).update_endpoint(**request)
    try:
        after = _settled(polling, wanted, unlike=before)
    except OperationInterruptedError:
        raise OperationInterruptedError(
            f"endpoint {wanted.endpoint}: interrupted; the change to {wanted.config} goes on in "
            "the cloud, and the next `pulumi up` waits for its end"
        ) from None
    if after["EndpointConfigName"] != wanted.config:
        raise ResourceFailedError(_rolled_back(wanted, after))
    return wanted.config


def update_request(wanted: Swap, live: Mapping[str, Any]) -> dict[str, Any]:
    """The UpdateEndpoint call from the live endpoint to the wanted configuration.

    Live properties are kept only where the variants stay the same and run on instances. Data
    capture is excepted: it would otherwise never change again. So is the instance count when the
    configuration declares another one and no autoscaler owns it.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
    """
    sagemaker = client("sagemaker", wanted.region)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=wanted.config)
    new = {variant["VariantName"]: variant for variant in config["ProductionVariants"]}
    old = {variant["VariantName"]: variant for variant in live.get("ProductionVariants", [])}
    was_serverless = any("CurrentServerlessConfig" in variant for variant in old.values())
    is_serverless = any("ServerlessConfig" in variant for variant in new.values())
    if is_serverless and old and not was_serverless:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-update.html
        raise ResourceFailedError(
            f"endpoint {wanted.endpoint} runs on instances, and SageMaker cannot turn such an "
            "endpoint into a serverless one. Have it made anew (it is gone for some minutes): "
            "`pulumi up --replace '**sagemaker/endpoint:Endpoint::*'`"
        )
    request: dict[str, Any] = {
        "EndpointName": wanted.endpoint,
        "EndpointConfigName": wanted.config,
    }
    same_variants = old.keys() == new.keys()
    if same_variants and not was_serverless and not is_serverless:
        replaced = ["DataCaptureConfig"]
        if _declared_count_rules(wanted, live, new):
            replaced.append("DesiredInstanceCount")
        request["RetainAllVariantProperties"] = True
        request["ExcludeRetainedVariantProperties"] = [
            {"VariantPropertyType": name} for name in replaced
        ]
    if same_variants and wanted.alarms:
        # Guardrails need the same variant names:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
        request["DeploymentConfig"] = {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "ALL_AT_ONCE",
                    "WaitIntervalInSeconds": 0,
                },
                "TerminationWaitInSeconds": wanted.baking_seconds,
            },
            "AutoRollbackConfiguration": {
                "Alarms": [{"AlarmName": name} for name in wanted.alarms]
            },
        }
    return request


def _declared_count_rules(wanted: Swap, live: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the declared instance count changed and no autoscaler owns the count."""
    from botocore.exceptions import ClientError

    sagemaker = client("sagemaker", wanted.region)
    try:
        old = sagemaker.describe_endpoint_config(EndpointConfigName=live["EndpointConfigName"])
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    declared = {
        variant["VariantName"]: variant.get("InitialInstanceCount")
        for variant in old["ProductionVariants"]
    }
    if all(declared.get(name) == new[name].get("InitialInstanceCount") for name in new):
        return False
    targets = client("application-autoscaling", wanted.region).describe_scalable_targets(
        ServiceNamespace="sagemaker",
        ResourceIds=[f"endpoint/{wanted.endpoint}/variant/{name}" for name in new],
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    return not targets["ScalableTargets"]


def _settled(
    polling: Polling, wanted: Swap, *, unlike: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The endpoint once nothing is under way; with ``unlike``, once that is no longer reported."""
    start = polling.elapsed
    changing_seen = False
    while True:
        endpoint = describe(wanted.endpoint, wanted.region)
        if endpoint is None:
            raise ResourceFailedError(
                f"endpoint {wanted.endpoint} does not exist. Run `pulumi refresh`, then "
                "`pulumi up`, which creates it again"
            )
        status = endpoint["EndpointStatus"]
        if status in _CHANGING:
            changing_seen = True
        elif status != "InService":
            raise ResourceFailedError(_unusable(wanted, endpoint))
        elif (
            unlike is None
            or changing_seen
            or endpoint["EndpointConfigName"] != unlike["EndpointConfigName"]
            or polling.elapsed - start > _SETTLING_SECONDS
        ):
            return endpoint
        polling.pause(_words(status))


def _words(status: str) -> str:
    return {"InService": "in service", "RollingBack": "rolling back"}.get(status, status.lower())


def _rolled_back(wanted: Swap, endpoint: Mapping[str, Any]) -> str:
    reason = endpoint.get("FailureReason") or "SageMaker gives no reason"
    ringing = _ringing(wanted)
    alarms = f" Alarms that ring: {', '.join(ringing)}." if ringing else ""
    return (
        f"endpoint {wanted.endpoint} rolled back: it goes on serving "
        f"{endpoint['EndpointConfigName']} and not {wanted.config}. Reason: "
        f"{reason.rstrip('.')}.{alarms}\n{excerpt([_log(wanted)], wanted.region)}\n"
        f"In the console: SageMaker > Endpoints > {wanted.endpoint}. Repair the model or its "
        "serving code, then run `pulumi up` again"
    )


def _unusable(wanted: Swap, endpoint: Mapping[str, Any]) -> str:
    reason = endpoint.get("FailureReason") or "SageMaker gives no reason"
    status = endpoint["EndpointStatus"]
    return (
        f"endpoint {wanted.endpoint} is {status}: {reason.rstrip('.')}.\n"
        f"{excerpt([_log(wanted)], wanted.region)}\n"
        f"In the console: SageMaker > Endpoints > {wanted.endpoint}. An endpoint in this state "
        "can only be deleted: delete it there, run `pulumi refresh`, then `pulumi up`"
    )


def _ringing(wanted: Swap) -> list[str]:
    from botocore.exceptions import BotoCoreError, ClientError

    if not wanted.alarms:
        return []
    try:
        answer = client("cloudwatch", wanted.region).describe_alarms(
            AlarmNames=list(wanted.alarms), StateValue="ALARM"
        )
    except (ClientError, BotoCoreError):  # an extra to the message, which must not hide it
        return []
    return [alarm["AlarmName"] for alarm in answer.get("MetricAlarms", [])]


def _log(wanted: Swap) -> LogPlace:
    return LogPlace(group=f"/aws/sagemaker/Endpoints/{wanted.endpoint}")
