"""What stands before online endpoints: keys and tokens, the traffic's split, limits, 424.

https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints
"""

import hmac
import random
import time
import uuid
from typing import Final
from urllib.parse import urlencode

from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError
from sandbox.azure.ml.deployment import Served
from sandbox.azure.ml.endpoints import AUDIENCE, TYPE, OnlineDeployments
from sandbox.http_client import ServingTimeout, ServingUnreachable
from sandbox.request_metrics import RequestMetrics
from sandbox.store import Record
from sandbox.wire import Request, Response

DEPLOYMENT_HEADER: Final = "azureml-model-deployment"
MOST_BYTES: Final = 10 << 20
# What belongs to one connection, or is for the gateway alone.
_NOT_PASSED: Final = frozenset(
    {"authorization", "connection", "content-length", "host", "transfer-encoding", "expect"}
)
_NOT_ANSWERED: Final = frozenset({"connection", "content-length", "date", "transfer-encoding"})


class Gateway:
    """Answers at the scoring URIs of all endpoints."""

    def __init__(
        self, context: Context, deployments: OnlineDeployments, metrics: RequestMetrics
    ) -> None:
        self._context = context
        self._deployments = deployments
        self._metrics = metrics
        for method in ("GET", "POST", "OPTIONS"):
            context.route(method, "/inference/{endpoint}/score", self._score)
        context.route("GET", "/inference/{endpoint}/swagger.json", self._swagger)

    def _score(self, request: Request) -> Response:
        return self._ask(request, None)

    def _swagger(self, request: Request) -> Response:
        return self._ask(request, "/swagger.json")

    def _ask(self, request: Request, path: str | None) -> Response:
        endpoint = self._endpoint(request)
        status, start = 500, time.monotonic()
        try:
            response = self._answer(request, endpoint, path)
            status = response.status
        except ApiError as error:
            status = error.status
            raise
        finally:
            seconds = time.monotonic() - start
            self._metrics.add(str(endpoint["id"]).lower(), status=status, seconds=seconds)
        return response

    def _answer(self, request: Request, endpoint: Record, path: str | None) -> Response:
        self._authenticate(request, endpoint)
        name, served = self._choose(request, endpoint)
        if request.body.size > MOST_BYTES:
            raise ApiError(413, "PayloadTooLarge", f"The body is larger than {MOST_BYTES} bytes.")
        if not served.enter():
            raise ApiError(429, "TooManyRequests", "Too many pending requests.")
        try:
            response = self._pass_on(request, served, path or served.route)
        finally:
            served.leave()
        response.headers[DEPLOYMENT_HEADER] = name
        response.headers.setdefault("x-request-id", str(uuid.uuid4()))
        return response

    def _endpoint(self, request: Request) -> Record:
        wanted = request.variables["endpoint"]
        for record in self._context.resources.of_type(TYPE):
            if record.get("_guid") == wanted:
                return record
        raise ApiError(404, "NotFound", "There is no such endpoint.")

    def _authenticate(self, request: Request, endpoint: Record) -> None:
        authorization = request.headers.get("authorization", "")
        if endpoint["properties"]["authMode"] != "Key":
            self._context.tokens.check(authorization, (AUDIENCE,))
            return
        scheme, _, key = authorization.partition(" ")
        given = key.strip().encode()
        matches = [hmac.compare_digest(given, own.encode()) for own in endpoint["_keys"].values()]
        if scheme.lower() != "bearer" or not any(matches):
            headers = {"www-authenticate": "Bearer"}
            raise ApiError(401, "Unauthorized", "Please send a valid key.", headers=headers)

    def _choose(self, request: Request, endpoint: Record) -> tuple[str, Served]:
        name = request.headers.get(DEPLOYMENT_HEADER)
        if name is None:
            traffic = endpoint["properties"].get("traffic") or {}
            weights = {key: part for key, part in traffic.items() if part > 0}
            if not weights:
                message = "The endpoint has no deployment that gets traffic."
                raise ApiError(404, "NotFound", message)
            name = random.choices(list(weights), list(weights.values()))[0]  # noqa: S311 - load
        served = self._deployments.find(f"{endpoint['id']}/deployments/{name}")
        if served is None:
            raise ApiError(404, "NotFound", f"There is no deployment '{name}' that serves.")
        return name, served

    def _pass_on(self, request: Request, served: Served, path: str) -> Response:
        replica = served.replicas.pick()
        if replica is None or replica.client is None:
            raise ApiError(503, "ServiceUnavailable", "No instance is ready.")
        query = urlencode(request.queries, doseq=True)
        headers = [
            (name, value) for name, value in request.headers.items() if name not in _NOT_PASSED
        ]
        try:
            answer = replica.client.request(
                request.method,
                f"{path}?{query}" if query else path,
                headers=headers,
                body=request.body.read(),
                timeout=served.request_seconds,
            )
        except ServingTimeout:
            message = f"No answer within {served.request_seconds:g} s (requestSettings)."
            raise ApiError(408, "RequestTimeout", message) from None
        except ServingUnreachable:
            raise ApiError(502, "BadGateway", "The instance closed the connection.") from None
        kept = {name: value for name, value in answer.headers.items() if name not in _NOT_ANSWERED}
        if answer.status < 400:
            return Response(answer.status, answer.body, kept)
        kept["ms-azureml-model-error-statuscode"] = str(answer.status)
        kept["ms-azureml-model-error-reason"] = "model_error"
        return Response(424, answer.body, kept)
