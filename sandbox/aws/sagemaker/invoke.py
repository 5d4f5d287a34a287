"""InvokeEndpoint: from the caller to a serving process and back, in as few steps as possible.

Answered before moto's routing, and without botocore's parsers: the body goes through as it is.
"""

import json
import logging
import time
import uuid
from collections.abc import Iterable
from urllib.parse import unquote

from moto.core import DEFAULT_ACCOUNT_ID

from sandbox.aws.context import Context, Environ, StartResponse
from sandbox.aws.sagemaker.capture import DataCapture, Exchange
from sandbox.aws.sagemaker.endpoints import Endpoints
from sandbox.aws.sagemaker.live import CAPTURE, LiveEndpoint
from sandbox.aws.sagemaker.variant import Counts, Fleet, RunningVariant
from sandbox.aws.telemetry import put_metric
from sandbox.http_client import Answer, ServingTimeout, ServingUnreachable

BODY_LIMIT = 6291456
SERVERLESS_BODY_LIMIT = 4 << 20
MODEL_TIMEOUT = 60.0
NAMESPACE = "AWS/SageMaker"
REPORT_SECONDS = 1.0
_PREFIX = "HTTP_X_AMZN_SAGEMAKER_"
_ANSWER_HEADERS = {
    "x-amzn-sagemaker-custom-attributes": "X-Amzn-SageMaker-Custom-Attributes",
    "x-amzn-sagemaker-new-session-id": "X-Amzn-SageMaker-New-Session-Id",
    "x-amzn-sagemaker-closed-session-id": "X-Amzn-SageMaker-Closed-Session-Id",
}
_STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    413: "413 Request Entity Too Large",
    424: "424 Failed Dependency",
    429: "429 Too Many Requests",
    501: "501 Not Implemented",
    503: "503 Service Unavailable",
}

log = logging.getLogger(__name__)


class _Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str | None, message: str, **fields: object) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, fields


def matches(environ: Environ) -> bool:
    """Whether this is a request of sagemaker-runtime."""
    path: str = environ["PATH_INFO"]
    return (
        path.startswith("/endpoints/")
        and environ["REQUEST_METHOD"] == "POST"
        and "/sagemaker/aws4_request" in environ.get("HTTP_AUTHORIZATION", "")
    )


def _region(environ: Environ) -> str:
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0]
    return str(scope.split("/")[-3])


def _model_headers(environ: Environ) -> list[tuple[str, str]]:
    """Content type, accept and SageMaker's own headers; all others are stripped."""
    headers = []
    if environ.get("CONTENT_TYPE"):
        headers.append(("Content-Type", environ["CONTENT_TYPE"]))
    if environ.get("HTTP_ACCEPT"):
        headers.append(("Accept", environ["HTTP_ACCEPT"]))
    for key, value in environ.items():
        if key.startswith(_PREFIX):
            name = key.removeprefix(_PREFIX).replace("_", "-").title()
            headers.append((f"X-Amzn-SageMaker-{name}", value))
    return headers


class Invocations:
    """The application behind ``POST /endpoints/{name}/invocations``."""

    def __init__(self, context: Context, endpoints: Endpoints) -> None:
        self._context = context
        self._endpoints = endpoints
        self._capture = DataCapture(context)
        context.route(matches, self)
        context.every(REPORT_SECONDS, "endpoint-metrics", self.report)
        context.on_stop(self.report)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request_id = str(uuid.uuid4())
        try:
            return self._answer(environ, start_response, request_id)
        except _Refused as refused:
            body = {"Message": refused.message, "message": refused.message, **refused.fields}
            data = json.dumps(body).encode()
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(data))),
                ("x-amzn-RequestId", request_id),
            ]
            if refused.code:
                headers.append(("x-amzn-ErrorType", refused.code))
            start_response(_STATUS[refused.status], headers)
            return [data]

    def _answer(
        self, environ: Environ, start_response: StartResponse, request_id: str
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        path = str(environ["PATH_INFO"]).split("/")
        if path[3:] != ["invocations"]:
            raise _Refused(
                501, "NotImplemented", f"The sandbox does not support {'/'.join(path[3:])}."
            )
        name, region = unquote(path[2]), _region(environ)
        live = self._endpoints.find_live(DEFAULT_ACCOUNT_ID, region, name)
        if live is None or live.record["EndpointStatus"] in ("Creating", "Failed", "Deleting"):
            raise _Refused(
                400,
                "ValidationError",
                f"Endpoint {name} of account {DEFAULT_ACCOUNT_ID} not found.",
            )
        variant = self._variant(live, environ.get(f"{_PREFIX}TARGET_VARIANT"))
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        limit = SERVERLESS_BODY_LIMIT if variant.serverless else BODY_LIMIT
        if len(body) > limit:
            raise _Refused(413, None, f"HTTP content length exceeded {limit} bytes.")
        answer = self._ask(live, variant, environ, body, began)
        headers = [
            ("Content-Type", answer.headers.get("content-type", "application/octet-stream")),
            ("Content-Length", str(len(answer.body))),
            ("x-amzn-RequestId", request_id),
            ("x-Amzn-Invoked-Production-Variant", variant.name),
        ]
        headers += [
            (shown, answer.headers[sent])
            for sent, shown in _ANSWER_HEADERS.items()
            if sent in answer.headers
        ]
        self._offer(live, variant, environ, body, answer)
        start_response(_STATUS[200], headers)
        return [answer.body]

    @staticmethod
    def _variant(live: LiveEndpoint, target: str | None) -> RunningVariant:
        fleet: Fleet | None = live.choose_fleet()
        variant = fleet.choose(target) if fleet is not None else None
        if variant is None:
            if target is None:
                raise _Refused(503, "ServiceUnavailable", "The endpoint has no processes.")
            raise _Refused(
                400, "ValidationError", f"Variant {target} not found for endpoint {live.name}."
            )
        return variant

    def _ask(
        self,
        live: LiveEndpoint,
        variant: RunningVariant,
        environ: Environ,
        body: bytes,
        began: float,
    ) -> Answer:
        status, latency = 500, 0.0
        try:
            replica = variant.acquire()
        except BlockingIOError:
            raise _Refused(
                429, "ThrottlingException", f"Variant {variant.name} is at its MaxConcurrency."
            ) from None
        try:
            if replica is None or replica.client is None:
                raise self._model_error(live, 500, "no process of the variant is healthy")
            asked = time.perf_counter()
            try:
                answer = replica.client.request(
                    "POST",
                    "/invocations",
                    headers=_model_headers(environ),
                    body=body,
                    timeout=MODEL_TIMEOUT,
                )
            except ServingTimeout:
                raise self._model_error(
                    live,
                    0,
                    "Your invocation timed out while waiting for a response from container "
                    "primary. Review the latency metrics for each container in Amazon CloudWatch, "
                    "resolve the issue, and try again.",
                ) from None
            except ServingUnreachable as error:
                raise self._model_error(live, 500, f"the process went away: {error}") from None
            latency = time.perf_counter() - asked
            status = answer.status
            if not 200 <= status < 300:
                text = answer.body.decode("utf-8", "replace")
                raise self._model_error(live, status, text)
            return answer
        finally:
            variant.release()
            total = time.perf_counter() - began
            variant.count(status, latency * 1e6, max(0.0, total - latency) * 1e6)

    @staticmethod
    def _model_error(live: LiveEndpoint, status: int, text: str) -> _Refused:
        region = live.record["EndpointArn"].split(":")[3]
        kind = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{live.name}"
        log_arn = f"arn:aws:logs:{region}:{DEFAULT_ACCOUNT_ID}:log-group:{group}"
        return _Refused(
            424,
            "ModelError",
            f'Received {kind} error ({status}) from primary with message "{text}". See '
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logEventViewer:group={group} in account {DEFAULT_ACCOUNT_ID} for more information.",
            OriginalStatusCode=status,
            OriginalMessage=text,
            LogStreamArn=log_arn,
            ErrorCode=f"{kind.upper()}_ERROR_FROM_MODEL",
        )

    def _offer(
        self,
        live: LiveEndpoint,
        variant: RunningVariant,
        environ: Environ,
        body: bytes,
        answer: Answer,
    ) -> None:
        config = live.record.get(CAPTURE)
        if not config:
            return
        exchange = Exchange(
            request_type=environ.get("CONTENT_TYPE", ""),
            request=body,
            answer_type=answer.headers.get("content-type", ""),
            answer=answer.body,
            custom_attributes=environ.get(f"{_PREFIX}CUSTOM_ATTRIBUTES"),
            inference_id=environ.get(f"{_PREFIX}INFERENCE_ID"),
        )
        self._capture.offer(live.record, variant.name, config, exchange)

    def report(self) -> None:
        """Requests since the last report as CloudWatch metrics."""
        wrote = False
        for (account, region, name), live in list(self._endpoints.live.items()):
            for variant in list(live.fleet.variants.values()) if live.fleet else ():
                counts = variant.take_counts()
                if counts.invocations:
                    dimensions = {"EndpointName": name, "VariantName": variant.name}
                    _put(account, region, dimensions, counts, variant.replicas.count)
                    wrote = True
        if wrote:
            self._context.changed("cloudwatch")


def _put(
    account: str, region: str, dimensions: dict[str, str], counts: Counts, instances: int
) -> None:
    total = counts.invocations
    statistics = [
        ("Invocations", total, total),
        ("Invocation4XXErrors", counts.client_errors, total),
        ("Invocation5XXErrors", counts.server_errors, total),
        ("InvocationModelErrors", counts.client_errors + counts.server_errors, total),
        ("InvocationsPerInstance", total / max(1, instances), total),
    ]
    put_statistics(account, region, dimensions, statistics)
    points = [("ModelLatency", value, "Microseconds", dimensions) for value in counts.latencies]
    points += [("OverheadLatency", value, "Microseconds", dimensions) for value in counts.overheads]
    put_metric(account, region, NAMESPACE, points)


def put_statistics(
    account: str,
    region: str,
    dimensions: dict[str, str],
    statistics: list[tuple[str, float, int]],
) -> None:
    """One point for many requests: ``(metric, sum, number of requests)``."""
    from moto.cloudwatch.models import cloudwatch_backends

    cloudwatch_backends[account][region].put_metric_data(
        NAMESPACE,
        [
            {
                "MetricName": name,
                "Unit": "Count" if name == "Invocations" else "None",
                "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                "StatisticValues": {
                    "Sum": value,
                    "SampleCount": number,
                    "Minimum": 1.0 if value >= number else 0.0,
                    "Maximum": 1.0 if value else 0.0,
                },
            }
            for name, value, number in statistics
        ],
    )
