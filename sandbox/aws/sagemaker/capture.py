"""Data capture: requests and answers of an endpoint as JSON lines in S3.

The layout is the cloud's: ``<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/mm-ss-ms-id.jsonl``.
"""

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.context import Context
from sandbox.aws.sagemaker.records import ACCOUNT, REGION, Record
from sandbox.aws.transfer import Location, Transfer
from sandbox.errors import JobError

FLUSH_SECONDS = 3.0
LINES_PER_FILE = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    request_type: str
    request: bytes
    answer_type: str
    answer: bytes
    custom_attributes: str | None
    inference_id: str | None


@dataclass(frozen=True)
class _Target:
    account: str
    region: str
    endpoint: str
    variant: str
    destination: str
    key_id: str | None


def _encoded(body: bytes, content_type: str, config: Mapping[str, Any]) -> tuple[str, str]:
    """The body as text and the name of its encoding."""
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    header = config.get("CaptureContentTypeHeader", {})
    csv = header.get("CsvContentTypes", ["text/csv"])
    as_json = header.get("JsonContentTypes", ["application/json", "application/jsonlines"])
    if kind in csv or kind in as_json:
        try:
            return body.decode(), "CSV" if kind in csv else "JSON"
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), "BASE64"


class DataCapture:
    """Collects captured exchanges and writes them out every few seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._pending: dict[_Target, list[str]] = defaultdict(list)
        context.every(FLUSH_SECONDS, "data-capture", self.flush)
        context.on_stop(self.flush)

    def offer(
        self, endpoint: Record, variant: str, config: Mapping[str, Any] | None, exchange: Exchange
    ) -> None:
        """Capture one exchange if capture is on and the sample takes it."""
        if not config or not config.get("EnableCapture"):
            return
        if random.random() * 100 >= config["InitialSamplingPercentage"]:  # noqa: S311
            return
        target = _Target(
            endpoint[ACCOUNT],
            endpoint[REGION],
            endpoint["EndpointName"],
            variant,
            config["DestinationS3Uri"],
            config.get("KmsKeyId"),
        )
        line = json.dumps(_event(exchange, config))
        with self._lock:
            self._pending[target].append(line)

    def flush(self) -> None:
        """Write what was captured since the last time."""
        with self._lock:
            pending, self._pending = self._pending, defaultdict(list)
        for target, lines in pending.items():
            for start in range(0, len(lines), LINES_PER_FILE):
                self._write(target, lines[start : start + LINES_PER_FILE])

    def _write(self, target: _Target, lines: list[str]) -> None:
        moment = datetime.now(UTC)
        name = f"{moment:%M-%S}-{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        try:
            location = Location.parse(target.destination).joined(
                target.endpoint, target.variant, f"{moment:%Y/%m/%d/%H}", name
            )
            Transfer(self._context, target.region).put(
                ("\n".join(lines) + "\n").encode(), location, key_id=target.key_id
            )
        except (JobError, BotoCoreError, ClientError) as error:
            log.warning("data capture of endpoint %s: %s", target.endpoint, error)


def _event(exchange: Exchange, config: Mapping[str, Any]) -> dict[str, Any]:
    modes = {option["CaptureMode"] for option in config.get("CaptureOptions", [])}
    both = "InputAndOutput" in modes
    data = {}
    for field, mode, kind, body in (
        ("endpointInput", "Input", exchange.request_type, exchange.request),
        ("endpointOutput", "Output", exchange.answer_type, exchange.answer),
    ):
        if both or mode in modes:
            text, encoding = _encoded(body, kind, config)
            data[field] = {
                "observedContentType": kind,
                "mode": mode.upper(),
                "data": text,
                "encoding": encoding,
            }
    metadata: dict[str, Any] = {
        "eventId": str(uuid.uuid4()),
        "inferenceTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id:
        metadata["inferenceId"] = exchange.inference_id
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}
