"""``aws:glue/job:Job``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import TAGGING, GlueResource, same_role
from sandbox.aws.plugin.rules import arn, enumerated
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, conflicting, longest


class Job(GlueResource):
    """A job definition; running it is a call of its own."""

    token = "aws:glue/job:Job"
    kind = "job"
    auto_name = AutoName("name", 255)
    names = {"roleArn": "Role"}
    create_operation = "CreateJob"
    describe_operation = "GetJob"
    update_operation = "UpdateJob"
    update_wrapper = "JobUpdate"
    delete_operation = "DeleteJob"
    identity = "JobName"
    answer = "Job"
    tagging = TAGGING
    immutable = frozenset({"name", "region"})
    mutable = frozenset(
        {
            "command",
            "connections",
            "defaultArguments",
            "description",
            "executionClass",
            "executionProperty",
            "glueVersion",
            "jobMode",
            "jobRunQueuingEnabled",
            "maintenanceWindow",
            "maxCapacity",
            "maxRetries",
            "nonOverridableArguments",
            "notificationProperty",
            "numberOfWorkers",
            "roleArn",
            "securityConfiguration",
            "sourceControlDetails",
            "tags",
            "timeout",
            "workerType",
        }
    )
    unknown_until_created = frozenset(
        {
            "executionProperty",
            "glueVersion",
            "jobMode",
            "maxCapacity",
            "numberOfWorkers",
            "timeout",
            "workerType",
        }
    )
    assumed = {"command.name": "glueetl", "executionClass": "STANDARD"}
    rules = (
        longest("name", 255),
        arn("roleArn"),
        enumerated("workerType", "glue", "WorkerType"),
        enumerated("executionClass", "glue", "ExecutionClass"),
        between("numberOfWorkers", 1, 299),
        between("timeout", 0, 10_080),
        between("maxRetries", 0, 10),
        conflicting("maxCapacity", "numberOfWorkers", "workerType"),
    )

    def wired(self, inputs: Properties, operation: str, wrapper: str = "") -> dict[str, Any]:
        if wrapper:
            inputs = {key: value for key, value in inputs.items() if key != "name"}
        parameters = super().wired(inputs, operation, wrapper)
        if parameters.get("Command"):
            parameters["Command"].setdefault("Name", "glueetl")
        return parameters

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().find(cloud, resource_id, known)
        if found is not None:
            found["roleArn"] = same_role(found.get("roleArn"), known, "roleArn")
        return found
