"""Athena's API: queries, their results, workgroups and the catalog's metadata."""

import functools
import uuid
from copy import deepcopy
from typing import Any

from sandbox.aws.athena import results, workgroups
from sandbox.aws.athena.executions import FINAL, Execution, Runner
from sandbox.aws.athena.metadata import Metadata
from sandbox.aws.athena.statements import tidy
from sandbox.aws.athena.workgroups import invalid
from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.paging import page
from sandbox.aws.s3 import objects

# Long enough for most queries of a sandbox, short enough not to hold a snapshot up.
_MOMENT = 0.2
_PAGE = 1000
_KEPT = 2000


class Athena:
    """The operations, over the executions kept in a table of the sandbox's state."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.runner = Runner(lambda: context.changed("s3", "glue"))

    @property
    def _executions(self) -> dict[str, Execution]:
        return self._context.table("athena-executions")

    def start(self, call: Call) -> dict[str, object]:
        params = call.params
        name = params.get("WorkGroup") or "primary"
        group = workgroups.find(call, name)
        if group.state == "DISABLED":
            raise invalid(f"WorkGroup {name} is disabled.")
        token = params.get("ClientRequestToken")
        for known in self._executions.values():
            if token and known.token == token and known.region == call.region:
                if known.query != params["QueryString"]:
                    raise invalid("Idempotent parameters do not match")
                return {"QueryExecutionId": known.id}
        configuration, managed = _result_configuration(group.configuration, params)
        location = configuration.get("OutputLocation")
        if not managed:
            _check_location(call, location)
        if _gives_location(params["QueryString"]) and _enforced_location(group.configuration):
            raise invalid(
                "The Create Table As Select query failed because it was submitted with an "
                "'external_location' property to an Athena Workgroup that enforces a centralized "
                "output location for all queries. Please remove the 'external_location' property "
                "and resubmit the query."
            )
        context = params.get("QueryExecutionContext") or {}
        execution = Execution(
            id=str(uuid.uuid4()),
            account=call.account,
            region=call.region,
            query=params["QueryString"],
            database=(context.get("Database") or "default").strip('`"').lower(),
            parameters=params.get("ExecutionParameters") or [],
            workgroup=name,
            context=context,
            output_prefix=None if managed or not location else location.rstrip("/") + "/",
            result_configuration=configuration,
            engine_version=group.configuration["EngineVersion"],
            token=token,
        )
        executions = self._executions
        while len(executions) >= _KEPT:
            executions.pop(next(iter(executions)), None)
        executions[execution.id] = execution
        self.runner.start(execution)
        return {"QueryExecutionId": execution.id}

    def _find(self, call: Call, identifier: str) -> Execution:
        execution = self._executions.get(identifier)
        here = (call.account, call.region)
        if execution is None or (execution.account, execution.region) != here:
            raise invalid(f"QueryExecution {identifier} was not found")
        self.runner.settle(execution)
        return execution

    def get(self, call: Call) -> dict[str, object]:
        execution = self._find(call, call.params["QueryExecutionId"])
        self.runner.wait(execution, _MOMENT)
        return {"QueryExecution": _describe(execution)}

    def batch_get(self, call: Call) -> dict[str, object]:
        found, missing = [], []
        for identifier in call.params["QueryExecutionIds"]:
            try:
                found.append(_describe(self._find(call, identifier)))
            except Refusal as error:
                missing.append(
                    {
                        "QueryExecutionId": identifier,
                        "ErrorCode": "INTERNAL_FAILURE",
                        "ErrorMessage": error.message,
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def stop(self, call: Call) -> None:
        self.runner.stop(self._find(call, call.params["QueryExecutionId"]))

    def list(self, call: Call) -> dict[str, object]:
        """The newest first, one workgroup at a time."""
        name = call.params.get("WorkGroup") or "primary"
        workgroups.find(call, name)
        identifiers = [
            each.id
            for each in reversed(self._executions.values())
            if (each.account, each.region, each.workgroup) == (call.account, call.region, name)
        ]
        listed, token = page(identifiers, call.params, limit=50)
        return {"QueryExecutionIds": listed, "NextToken": token}

    def results(self, call: Call) -> dict[str, object]:
        execution = self._find(call, call.params["QueryExecutionId"])
        self.runner.wait(execution, _MOMENT)
        if execution.state != "SUCCEEDED":
            raise invalid(
                "Query did not finish successfully. Final query state: " + execution.state
                if execution.state in FINAL
                else f"Query has not yet finished. Current state: {execution.state}"
            )
        rows, token = page(_rows(execution), call.params, limit=_PAGE)
        return {
            "UpdateCount": execution.update_count,
            "ResultSet": {
                "Rows": [
                    {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]}
                    for row in rows
                ],
                "ResultSetMetadata": {"ColumnInfo": results.column_info(execution.columns)},
            },
            "NextToken": token,
        }

    def runtime_statistics(self, call: Call) -> dict[str, object]:
        execution = self._find(call, call.params["QueryExecutionId"])
        statistics = _statistics(execution)
        statistics.pop("DataScannedInBytes")
        statistics.pop("DataManifestLocation", None)
        statistics.pop("ResultReuseInformation")
        rows = {"InputRows": 0, "InputBytes": execution.scanned_bytes, "OutputRows": 0}
        return {"QueryRuntimeStatistics": {"Timeline": statistics, "Rows": rows}}


def _result_configuration(
    group: dict[str, Any], params: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Where results go and under which key: an enforcing workgroup has the only say."""
    if (group.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        return {}, True
    own = group.get("ResultConfiguration") or {}
    given = params.get("ResultConfiguration") or {}
    chosen = own if group.get("EnforceWorkGroupConfiguration") and own else {**own, **given}
    return deepcopy(chosen), False


def _check_location(call: Call, location: str | None) -> None:
    if not location:
        raise invalid(
            "No output location provided. An output location is required either through the "
            "Workgroup result configuration setting or as an API input."
        )
    try:
        bucket, _ = objects.split_uri(location)
    except ValueError as error:
        raise invalid(f"outputLocation is not a valid S3 path. {error}") from None
    if not objects.bucket_exists(call.account, bucket):
        raise invalid(f"Unable to verify/create output bucket {bucket}")


def _gives_location(query: str) -> bool:
    head = tidy(query).upper()
    return head.startswith("CREATE TABLE") and "EXTERNAL_LOCATION" in head.split(" AS ")[0]


def _enforced_location(group: dict[str, Any]) -> bool:
    own = group.get("ResultConfiguration") or {}
    return bool(group.get("EnforceWorkGroupConfiguration") and own.get("OutputLocation"))


def _statistics(execution: Execution) -> dict[str, Any]:
    statistics: dict[str, Any] = {
        "EngineExecutionTimeInMillis": execution.engine_milliseconds,
        "DataScannedInBytes": execution.scanned_bytes,
        "TotalExecutionTimeInMillis": execution.engine_milliseconds,
        "QueryQueueTimeInMillis": 0,
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": False},
    }
    if execution.manifest:
        statistics["DataManifestLocation"] = execution.manifest
    return statistics


def _describe(execution: Execution) -> dict[str, Any]:
    status: dict[str, Any] = {
        "State": execution.state,
        "SubmissionDateTime": execution.submitted,
    }
    if execution.completed:
        status["CompletionDateTime"] = execution.completed
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.state == "FAILED":
        status["AthenaError"] = {
            "ErrorCategory": 2,
            "ErrorType": 1006,
            "Retryable": False,
            "ErrorMessage": execution.reason,
        }
    configuration = dict(execution.result_configuration)
    if execution.output_prefix is not None:
        suffix = ".txt" if execution.kind == "DDL" else ".csv"
        unfinished = f"{execution.output_prefix}{execution.id}{suffix}"
        configuration["OutputLocation"] = execution.output or unfinished
    described = {
        "QueryExecutionId": execution.id,
        "Query": execution.query,
        "StatementType": execution.kind,
        "SubstatementType": execution.substatement,
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": execution.context,
        "Status": status,
        "Statistics": _statistics(execution),
        "WorkGroup": execution.workgroup,
        "EngineVersion": execution.engine_version,
    }
    if execution.output_prefix is not None:
        described["ResultConfiguration"] = configuration
    if execution.parameters:
        described["ExecutionParameters"] = execution.parameters
    return described


def _rows(execution: Execution) -> list[list[str | None]]:
    if execution.output_prefix is None:
        return execution.managed_rows
    if execution.output is None or not execution.output.endswith((".csv", ".txt")):
        return []
    try:
        body = objects.read_object(execution.account, execution.output)
    except objects.ObjectMissing:
        raise invalid(f"Could not find results: {execution.output} was deleted") from None
    if execution.output.endswith(".csv"):
        return results.from_csv(body)
    return [[line] for line in body.decode().splitlines()]


def install(context: Context) -> None:
    """Plug the operations in."""
    athena, metadata = Athena(context), Metadata()
    context.on_stop(athena.runner.stop_all)
    add = functools.partial(context.operation, "athena")
    add("StartQueryExecution", athena.start)
    add("GetQueryExecution", athena.get)
    add("BatchGetQueryExecution", athena.batch_get)
    add("StopQueryExecution", athena.stop)
    add("ListQueryExecutions", athena.list)
    add("GetQueryResults", athena.results)
    add("GetQueryRuntimeStatistics", athena.runtime_statistics)
    add("CreateWorkGroup", workgroups.create)
    add("GetWorkGroup", workgroups.get)
    add("ListWorkGroups", workgroups.list_all)
    add("UpdateWorkGroup", workgroups.update)
    add("DeleteWorkGroup", workgroups.delete)
    add("ListTagsForResource", workgroups.list_tags)
    add("GetDatabase", metadata.get_database)
    add("ListDatabases", metadata.list_databases)
    add("GetTableMetadata", metadata.get_table)
    add("ListTableMetadata", metadata.list_tables)
