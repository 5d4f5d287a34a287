"""A run of a Storage Transfer job, as a resource: done once per content hash, waited for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.cloud import ApiError, call, explained, is_missing
from components.gcp.runs.objects import object_exists
from components.runs.polling import Polling
from components.runs.resource import RunResource
from plugin.handler import (
    Handler,
    InitializationFailedError,
    OperationInterruptedError,
    Properties,
    ResourceFailedError,
    State,
)
from plugin.provider import Context

TYPE: Final = "trimaran:gcp:TransferRun"
# A role or grant that was made seconds ago may not be known everywhere yet.
_SETTLING_SECONDS: Final = 120.0


@dataclass(frozen=True, kw_only=True)
class TransferRunArgs:
    """Which job runs, and what must be there afterwards."""

    project: pulumi.Input[str]
    transfer_job_name: pulumi.Input[str]
    """``transferJobs/NAME``."""
    trigger: pulumi.Input[str]
    """Content hash of the source's data: the job runs again when, and only when, it changes."""
    expected_uri: pulumi.Input[str]
    """``gs://bucket/name`` that the run must have brought."""
    timeout_minutes: pulumi.Input[int] = 120


class TransferRun(RunResource):
    """Runs a transfer job and waits until its objects are there.

    The service compares checksums on both ends and makes an object visible only as a whole. A run
    that is under way already is waited for; one that was interrupted continues with what is
    missing. Deleting this resource cancels a run that is still going and keeps the data.
    """

    project: pulumi.Output[str]
    transfer_job_name: pulumi.Output[str]
    trigger: pulumi.Output[str]
    expected_uri: pulumi.Output[str]
    timeout_minutes: pulumi.Output[int]
    operation_name: pulumi.Output[str]
    transferred_uri: pulumi.Output[str]
    """``expected_uri``, once it is there."""
    objects_copied: pulumi.Output[int]
    bytes_copied: pulumi.Output[int]

    def __init__(
        self, name: str, args: TransferRunArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class TransferRunHandler(Handler):
    """Runs or takes up, and waits."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"project", "transferJobName"})
    computed: ClassVar[frozenset[str]] = frozenset(
        {"operationName", "transferredUri", "objectsCopied", "bytesCopied"}
    )
    volatile: ClassVar[frozenset[str]] = frozenset(
        {"operationName", "objectsCopied", "bytesCopied"}
    )

    def preview_create(self, inputs: Properties) -> Properties:
        return {**super().preview_create(inputs), "transferredUri": inputs["expectedUri"]}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        return {**super().preview_update(outputs, new), "transferredUri": new["expectedUri"]}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return str(inputs["transferJobName"]), _run(context, inputs)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        same = all(outputs.get(key) == new[key] for key in ("trigger", "expectedUri"))
        if same and self.computed <= outputs.keys():  # only a setting of the next run changed
            return {key: outputs[key] for key in self.computed}
        return _run(context, new)

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        if not self.computed <= outputs.keys():
            raise InitializationFailedError(
                f"transfer {outputs['transferJobName']} did not come to its end; `pulumi up` goes "
                "on with it",
                resource_id=resource_id,
                outputs=outputs,
            )
        # The service forgets operations, which takes nothing away. What counts is the data.
        if not object_exists(outputs["transferredUri"]):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        name = outputs["operationName"]
        with explained(f"transfer {outputs['transferJobName']}"):
            try:
                operation = call("storagetransfer", "GET", f"/v1/{name}")
                if not operation.get("done"):
                    call("storagetransfer", "POST", f"/v1/{name}:cancel", body={})
            except ApiError as error:
                if not is_missing(error):
                    raise


def _run(context: Context, inputs: Properties) -> dict[str, Any]:
    """Outputs of a run that brought its object.

    Raises:
        InitializationFailedError: when it was interrupted or failed. It stays in the state, so
            that the next update goes on with what is missing and a destroy ends it.
        ResourceFailedError: when it could not be started.
    """
    job, project = inputs["transferJobName"], inputs["project"]
    subject = f"transfer {job}"
    polling = Polling(context, subject, limit=60.0 * int(inputs["timeoutMinutes"]))
    with explained(subject):
        operation = _start(polling, job, project)
    try:
        with explained(subject):
            return _finish(polling, subject, inputs, operation)
    except ResourceFailedError as error:
        begun = {**inputs, "operationName": operation["name"]}
        raise InitializationFailedError(str(error), resource_id=str(job), outputs=begun) from error


def _finish(
    polling: Polling, subject: str, inputs: Properties, operation: dict[str, Any]
) -> dict[str, Any]:
    name = operation["name"]
    try:
        while not operation.get("done"):
            polling.pause(_status(operation), _progress(operation))
            operation = call("storagetransfer", "GET", f"/v1/{name}")
    except OperationInterruptedError:
        raise OperationInterruptedError(
            f"{subject}: interrupted; {name} goes on in the cloud, and the next `pulumi up` waits "
            "for its end"
        ) from None
    metadata = operation.get("metadata") or {}
    if operation.get("error") or metadata.get("status") != "SUCCESS":
        raise ResourceFailedError(_failed(subject, operation))
    if not object_exists(inputs["expectedUri"]):
        raise ResourceFailedError(
            f"{subject}: {name} succeeded but brought no {inputs['expectedUri']}. Look whether the "
            "source has the object under the job's path"
        )
    counters = metadata.get("counters") or {}
    return {
        "operationName": name,
        "transferredUri": inputs["expectedUri"],
        "objectsCopied": int(counters.get("objectsCopiedToSink") or 0),
        "bytesCopied": int(counters.get("bytesCopiedToSink") or 0),
    }


def _status(operation: Mapping[str, Any]) -> str:
    paused = (operation.get("metadata") or {}).get("status") == "PAUSED"
    return "paused by somebody" if paused else "transferring"


def _start(polling: Polling, job: str, project: str) -> dict[str, Any]:
    """Starts a run; while another one goes on, that is waited for first."""
    while True:
        try:
            return call("storagetransfer", "POST", f"/v1/{job}:run", body={"projectId": project})
        except ApiError as error:
            if error.code != "FAILED_PRECONDITION" or polling.elapsed > _SETTLING_SECONDS:
                raise
            waiting = error.message
        latest = call("storagetransfer", "GET", f"/v1/{job}", query={"projectId": project})
        name = latest.get("latestOperationName")
        running = call("storagetransfer", "GET", f"/v1/{name}") if name else {"done": True}
        if not running.get("done"):
            return running
        polling.pause("waiting", waiting[:120])


def _progress(operation: Mapping[str, Any]) -> str:
    counters = (operation.get("metadata") or {}).get("counters") or {}
    copied, found = (
        int(counters.get(key) or 0) for key in ("bytesCopiedToSink", "bytesFoundFromSource")
    )
    return f"{copied} of {found} bytes" if found else ""


def _failed(subject: str, operation: Mapping[str, Any]) -> str:
    metadata = operation.get("metadata") or {}
    reasons = [str((operation.get("error") or {}).get("message") or "")]
    for summary in metadata.get("errorBreakdowns", []):
        entries = summary.get("errorLogEntries") or [{}]
        details = " ".join(entries[0].get("errorDetails", []))
        reasons.append(
            f"{summary.get('errorCount')} × {summary.get('errorCode')}: "
            f"{entries[0].get('url', '')} {details}".strip()
        )
    told = "; ".join(reason for reason in reasons if reason) or "the service gives no reason"
    return (
        f"{subject}: {operation.get('name')} ended as {metadata.get('status', 'unknown')}: {told}. "
        "Objects that were copied are whole and stay; `pulumi up` copies the missing ones. Common "
        "causes: the AWS role does not trust the service agent's subject id, or lacks kms:Decrypt"
    )
