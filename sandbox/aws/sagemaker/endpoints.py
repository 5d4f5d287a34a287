"""Endpoints: the operations of the API."""

import copy
import dataclasses
from typing import Any

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.sagemaker import deployment
from sandbox.aws.sagemaker.deployment import VariantPlan
from sandbox.aws.sagemaker.limits import Limits
from sandbox.aws.sagemaker.live import CAPTURE, GENERATION, PLANS, LiveEndpoint
from sandbox.aws.sagemaker.models import EndpointConfigs, Models
from sandbox.aws.sagemaker.records import (
    ACCOUNT,
    REGION,
    Record,
    Records,
    arn,
    listing,
    now,
)
from sandbox.aws.telemetry import LogSink
from sandbox.aws.validation import validate

IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


class Endpoints:
    """Operations on endpoints, and the endpoints that run."""

    def __init__(
        self, context: Context, models: Models, configs: EndpointConfigs, sink: LogSink
    ) -> None:
        self._context = context
        self._models = models
        self._configs = configs
        self._sink = sink
        self._limits = Limits(context)
        self.records = Records(context, "endpoints")
        self.live: dict[tuple[str, str, str], LiveEndpoint] = {}
        for name, handler in (
            ("CreateEndpoint", self.create),
            ("DescribeEndpoint", self.describe),
            ("ListEndpoints", self.list_all),
            ("UpdateEndpoint", self.update),
            ("UpdateEndpointWeightsAndCapacities", self.scale),
            ("DeleteEndpoint", self.delete),
        ):
            context.operation("sagemaker", name, handler)
        context.on_start(self._restore)
        context.on_stop(self._stop)
        context.every(5.0, "serverless-idle", self._rest)
        context.report(self._report)

    def find_live(self, account: str, region: str, name: str) -> LiveEndpoint | None:
        return self.live.get((account, region, name))

    def _add_live(self, record: Record) -> LiveEndpoint:
        live = LiveEndpoint(self._context, self.records, record, self._sink)
        self.live[(record[ACCOUNT], record[REGION], record["EndpointName"])] = live
        return live

    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        validate("sagemaker", "CreateEndpoint", params)
        if params.get("DeploymentConfig", {}).get("RollingUpdatePolicy"):
            raise Refusal("ValidationException", "RollingUpdatePolicy is for updates only.")
        name = params["EndpointName"]
        endpoint_arn = arn(call, "endpoint", name)
        config = self._configs.get(call, params["EndpointConfigName"])
        plans = deployment.plan(config, lambda model: self._models.get(call, model))
        self._limits.refuse_endpoint(call, plans, self._plans_here(call))
        with self.records.lock:
            if self.records.find(call, name) is not None:
                raise Refusal(
                    "ValidationException",
                    f'Cannot create already existing endpoint "{endpoint_arn}".',
                )
            record: Record = {
                "EndpointName": name,
                "EndpointArn": endpoint_arn,
                "EndpointConfigName": params["EndpointConfigName"],
                "EndpointStatus": "Creating",
                "CreationTime": now(),
                "LastModifiedTime": now(),
                "Tags": params.get("Tags", []),
                PLANS: plans,
                CAPTURE: config.get("DataCaptureConfig"),
                GENERATION: 0,
            }
            if params.get("DeploymentConfig"):
                record["LastDeploymentConfig"] = params["DeploymentConfig"]
            self.records.add(call, name, record)
        self._add_live(record).create()
        return {"EndpointArn": endpoint_arn}

    def _plans_here(self, call: Call) -> list[VariantPlan]:
        return [plan for record in self.records.here(call) for plan in record[PLANS]]

    def get(self, call: Call) -> Record:
        name = call.params["EndpointName"]
        record = self.records.find(call, name)
        if record is None:
            endpoint_arn = arn(call, "endpoint", name)
            raise Refusal("ValidationException", f'Could not find endpoint "{endpoint_arn}".')
        return record

    def _get_changeable(self, call: Call) -> tuple[Record, LiveEndpoint]:
        record = self.get(call)
        if record["EndpointStatus"] in IN_PROGRESS:
            raise Refusal(
                "ValidationException",
                f'Cannot update in-progress endpoint "{record["EndpointArn"]}".',
            )
        live = self.find_live(call.account, call.region, record["EndpointName"])
        if live is None:
            live = self._add_live(record)
        return record, live

    def describe(self, call: Call) -> Record:
        record = self.get(call)
        live = self.find_live(call.account, call.region, record["EndpointName"])
        answer = {key: value for key, value in record.items() if not key.startswith("_")}
        answer["ProductionVariants"] = [
            _variant_summary(plan, record, live) for plan in record[PLANS]
        ]
        capture = record.get(CAPTURE)
        if capture:
            answer["DataCaptureConfig"] = {
                "EnableCapture": capture.get("EnableCapture", False),
                "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
                "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                "DestinationS3Uri": capture["DestinationS3Uri"],
                "KmsKeyId": capture.get("KmsKeyId", ""),
            }
        return answer

    def list_all(self, call: Call) -> dict[str, Any]:
        return listing(
            call,
            self.records.here(call),
            result="Endpoints",
            name="EndpointName",
            status="EndpointStatus",
        )

    def update(self, call: Call) -> dict[str, Any]:
        params = call.params
        validate("sagemaker", "UpdateEndpoint", params)
        record, live = self._get_changeable(call)
        config = self._configs.get(call, params["EndpointConfigName"])
        if params["EndpointConfigName"] == record["EndpointConfigName"]:
            raise Refusal(
                "ValidationException",
                f'Endpoint configuration "{config["EndpointConfigArn"]}" is already in use by the '
                "endpoint; create a new one to update it.",
            )
        if params.get("DeploymentConfig", {}).get("RollingUpdatePolicy"):
            raise Refusal("NotImplemented", "The sandbox does not support RollingUpdatePolicy.")
        plans = deployment.plan(config, lambda model: self._models.get(call, model))
        capture = config.get("DataCaptureConfig")
        if params.get("RetainAllVariantProperties"):
            excluded = {
                item["VariantPropertyType"]
                for item in params.get("ExcludeRetainedVariantProperties", [])
            }
            _retain(plans, record[PLANS], excluded)
            if "DataCaptureConfig" not in excluded:
                capture = record.get(CAPTURE)
        # The new fleet stands beside the old one for a while.
        self._limits.refuse_endpoint(call, plans, self._plans_here(call))
        deployment_config = params.get("DeploymentConfig")
        if params.get("RetainDeploymentConfig"):
            deployment_config = record.get("LastDeploymentConfig")
        self.records.update(
            record,
            EndpointStatus="Updating",
            FailureReason=None,
            PendingDeploymentSummary={
                "EndpointConfigName": params["EndpointConfigName"],
                "StartTime": now(),
                "ProductionVariants": [{"VariantName": plan.name} for plan in plans],
            },
        )
        live.update(plans, capture, params["EndpointConfigName"], deployment_config)
        return {"EndpointArn": record["EndpointArn"]}

    def scale(self, call: Call) -> dict[str, Any]:
        """Counts and weights of the running variants: what auto-scaling calls."""
        validate("sagemaker", "UpdateEndpointWeightsAndCapacities", call.params)
        record, live = self._get_changeable(call)
        plans = copy.deepcopy(record[PLANS])
        by_name = {plan.name: plan for plan in plans}
        for wanted in call.params["DesiredWeightsAndCapacities"]:
            plan = by_name.get(wanted["VariantName"])
            if plan is None:
                raise Refusal(
                    "ValidationException",
                    f'The variant name(s) "{wanted["VariantName"]}" is/are not present within '
                    "endpoint configuration.",
                )
            if wanted.get("DesiredWeight") is not None:
                plan.weight = float(wanted["DesiredWeight"])
            if wanted.get("DesiredInstanceCount") is not None:
                if plan.serverless or wanted["DesiredInstanceCount"] < 1:
                    raise Refusal(
                        "ValidationException",
                        f"DesiredInstanceCount of variant {plan.name} must be at least 1, and not "
                        "be given for a serverless variant.",
                    )
                plan.count = int(wanted["DesiredInstanceCount"])
        self.records.update(record, EndpointStatus="Updating")
        live.scale(plans)
        return {"EndpointArn": record["EndpointArn"]}

    def delete(self, call: Call) -> None:
        record = self.get(call)
        if record["EndpointStatus"] == "Deleting":
            return
        self.records.update(record, EndpointStatus="Deleting")
        key = (call.account, call.region, record["EndpointName"])
        live = self.live.pop(key, None)
        if live is None:
            live = LiveEndpoint(self._context, self.records, record, self._sink)
        live.delete()

    def _restore(self) -> None:
        """After a restart: serve again what served; finish or undo what was under way."""
        for record in self.records.all():
            live = self._add_live(record)
            match record["EndpointStatus"]:
                case "Deleting":
                    self.live.pop((record[ACCOUNT], record[REGION], record["EndpointName"]))
                    live.delete()
                case "Failed":
                    pass
                case "Creating":
                    live.restore()
                case "InService":
                    live.restore()
                case _:
                    self.records.update(
                        record,
                        EndpointStatus="InService",
                        FailureReason="The sandbox ended during an update; it was undone.",
                        PendingDeploymentSummary=None,
                    )
                    live.restore()

    def _stop(self) -> None:
        for live in list(self.live.values()):
            live.stop()

    def _rest(self) -> None:
        for live in list(self.live.values()):
            live.rest()

    def _report(self) -> list[str]:
        return [
            f"endpoint {live.name}: {live.record['EndpointStatus']}"
            for live in list(self.live.values())
        ]


def _retain(plans: list[VariantPlan], current: list[VariantPlan], excluded: set[str]) -> None:
    """Carry the live counts and weights over to variants of the same name."""
    by_name = {plan.name: plan for plan in current}
    for number, plan in enumerate(plans):
        old = by_name.get(plan.name)
        if old is None:
            continue
        changes: dict[str, Any] = {}
        if "DesiredInstanceCount" not in excluded and not plan.serverless and old.count:
            changes["count"] = old.count
        if "DesiredWeight" not in excluded:
            changes["weight"] = old.weight
        plans[number] = dataclasses.replace(plan, **changes)


def _variant_summary(
    plan: VariantPlan, record: Record, live: LiveEndpoint | None
) -> dict[str, Any]:
    running = None
    if live is not None and live.fleet is not None:
        running = live.fleet.variants.get(plan.name)
    image = plan.container.get("Image", "")
    summary: dict[str, Any] = {
        "VariantName": plan.name,
        "DeployedImages": [
            {
                "SpecifiedImage": image,
                "ResolvedImage": image,
                "ResolutionTime": record["CreationTime"],
            }
        ],
        "CurrentWeight": running.weight if running else plan.weight,
        "DesiredWeight": plan.weight,
    }
    if plan.serverless:
        summary["CurrentServerlessConfig"] = dict(plan.serverless)
        summary["CurrentInstanceCount"] = 0
    else:
        summary["CurrentInstanceCount"] = running.replicas.count if running else 0
        summary["DesiredInstanceCount"] = plan.count
    return summary
