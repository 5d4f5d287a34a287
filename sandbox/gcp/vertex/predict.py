"""Predictions: requests go to a serving process, errors come back in the cloud's words."""

import json
import time
from typing import Any

from sandbox.gcp.context import Context
from sandbox.gcp.errors import CODES, ApiError, invalid
from sandbox.gcp.vertex.live import Deployments
from sandbox.gcp.vertex.monitoring import Monitoring
from sandbox.gcp.vertex.resources import PARENT, Resources
from sandbox.http_client import Answer, ServingTimeout, ServingUnreachable
from sandbox.request_metrics import RequestMetrics
from sandbox.router import Request, Response
from sandbox.store import Record

LONGEST = 1_572_864
LONGEST_DEDICATED = 10 * 1024 * 1024
TIMEOUT = 60.0
# Of a container's answer, what goes back to the caller.
_DROPPED = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class Predictions(Resources):
    """Answers predict and rawPredict."""

    def __init__(
        self,
        context: Context,
        deployments: Deployments,
        monitors: Monitoring,
        metrics: RequestMetrics,
    ) -> None:
        super().__init__(context, "endpoints")
        self._deployments, self._monitors, self._metrics = deployments, monitors, metrics
        base = f"{PARENT}/endpoints/{{id}}"
        self.route("POST", f"{base}:predict", self._predict)
        self.route("POST", f"{base}:rawPredict", self._raw_predict)
        self.route("POST", f"{base}:streamRawPredict", self._raw_predict)
        for version in ("v1", "v1beta1"):
            path = f"/{version}/{PARENT}/endpoints/{{id}}/deployedModels/{{deployed}}"
            context.route("POST", f"{path}:predict", self._predict)

    def _forward(self, request: Request, body: bytes, content_type: str) -> tuple[Answer, Record]:
        endpoint = self.find(request)
        limit = LONGEST_DEDICATED if endpoint.get("dedicatedEndpointEnabled") else LONGEST
        if len(body) > limit:
            raise invalid(f"Request payload size exceeds the limit: {limit} bytes.")
        identifier = request.variables.get("deployed") or self._deployments.choose(endpoint)
        deployed = next(
            (item for item in endpoint["deployedModels"] if item["id"] == identifier), None
        )
        if deployed is None:
            raise invalid(f"DeployedModel {identifier} is not deployed to {endpoint['name']}.")
        replicas, route = self._deployments.serving(endpoint["name"], identifier)
        replica = replicas.pick()
        if replica is None or replica.client is None:
            raise ApiError("UNAVAILABLE", "The service is currently unavailable.")
        headers = [("Content-Type", content_type)]
        if "accept" in request.headers and request.headers["accept"] != "*/*":
            headers.append(("Accept", request.headers["accept"]))
        status, start = 500, time.monotonic()
        try:
            answer = replica.client.request(
                "POST", route, headers=headers, body=body, timeout=TIMEOUT
            )
            status = answer.status
        except ServingTimeout as error:
            raise ApiError("DEADLINE_EXCEEDED", "Deadline exceeded.") from error
        except ServingUnreachable as error:
            raise ApiError("UNAVAILABLE", "The service is currently unavailable.") from error
        finally:
            seconds = time.monotonic() - start
            self._metrics.add(endpoint["name"], status=status, seconds=seconds)
        return answer, deployed

    def _predict(self, request: Request) -> Record:
        given = request.json()
        if not isinstance(given.get("instances"), list) or not given["instances"]:
            raise invalid("The request needs instances, a list that is not empty.")
        content: dict[str, Any] = {"instances": given["instances"]}
        if given.get("parameters") is not None:
            content["parameters"] = given["parameters"]
        answer, deployed = self._forward(request, json.dumps(content).encode(), "application/json")
        if answer.status != 200:
            raise _of_container(answer)
        try:
            value = json.loads(answer.body)
            predictions = value["predictions"]
        except (ValueError, KeyError, TypeError) as error:
            raise ApiError(
                "INTERNAL", "The model's answer is no JSON object with predictions in it."
            ) from error
        endpoint = self.find(request)["name"]
        self._monitors.observe(endpoint, deployed["id"], given["instances"])
        result = {
            "predictions": predictions,
            "deployedModelId": deployed["id"],
            "model": deployed["model"],
            "modelDisplayName": deployed["displayName"],
            "modelVersionId": deployed["modelVersionId"],
        }
        if "metadata" in value:
            result["metadata"] = value["metadata"]
        return result

    def _raw_predict(self, request: Request) -> Response:
        content_type = request.headers.get("content-type", "application/json")
        answer, deployed = self._forward(request, request.body.read(), content_type)
        headers = {k: v for k, v in answer.headers.items() if k not in _DROPPED}
        headers |= {
            "x-vertex-ai-deployed-model-id": deployed["id"],
            "x-vertex-ai-model": deployed["model"],
            "x-vertex-ai-model-version-id": deployed["modelVersionId"],
        }
        return Response(answer.status, answer.body, headers)


def _of_container(answer: Answer) -> ApiError:
    """A container's error: its status, its body as the message."""
    text = answer.body.decode("utf-8", "replace")[:4096]
    code = next((name for name, (status, _) in CODES.items() if status == answer.status), None)
    if code is None:
        code = "INVALID_ARGUMENT" if answer.status < 500 else "INTERNAL"
    return ApiError(code, text or f"The container answered {answer.status}.", status=answer.status)
