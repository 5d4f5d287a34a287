"""What a killed run created in AWS, found by the names that the engine had written down."""

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tools.pending.existing import Existing

Inputs = Mapping[str, Any]
Client = Callable[[str], Any]
Finder = Callable[[Client, Inputs], str]
"""The id of the resource that these inputs made; a ClientError or KeyError when there is none."""


def _role_policy(client: Client, inputs: Inputs) -> str:
    client("iam").get_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"])
    return f"{inputs['role']}:{inputs['name']}"


def _log_group(client: Client, inputs: Inputs) -> str:
    groups = client("logs").describe_log_groups(logGroupNamePrefix=inputs["name"])["logGroups"]
    return {group["logGroupName"]: str(group["logGroupName"]) for group in groups}[inputs["name"]]


def _topic(client: Client, inputs: Inputs) -> str:
    topics = client("sns").get_paginator("list_topics").paginate()
    arns = [str(topic["TopicArn"]) for page in topics for topic in page["Topics"]]
    return {arn.rpartition(":")[2]: arn for arn in arns}[inputs["name"]]


def _alarm(client: Client, inputs: Inputs) -> str:
    alarms = client("cloudwatch").describe_alarms(AlarmNames=[inputs["name"]])["MetricAlarms"]
    return {str(alarm["AlarmName"]): str(alarm["AlarmName"]) for alarm in alarms}[inputs["name"]]


def _alias(client: Client, inputs: Inputs) -> str:
    pages = client("kms").get_paginator("list_aliases").paginate()
    names = {str(alias["AliasName"]) for page in pages for alias in page["Aliases"]}
    return {name: name for name in names}[inputs["name"]]


def _key(client: Client, inputs: Inputs) -> str:
    """A key has no name: it is told by its description, which names the stack, and its tags."""
    kms = client("kms")
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if about["KeyState"] != "Enabled" or about["Description"] != inputs["description"]:
                continue
            tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            if {tag["TagKey"]: tag["TagValue"] for tag in tags} == dict(inputs["tags"]):
                return str(key["KeyId"])
    raise KeyError(inputs["description"])


def _account(client: Client) -> str:
    return str(client("sts").get_caller_identity()["Account"])


def _database(client: Client, inputs: Inputs) -> str:
    client("glue").get_database(Name=inputs["name"])
    return f"{_account(client)}:{inputs['name']}"


def _table(client: Client, inputs: Inputs) -> str:
    client("glue").get_table(DatabaseName=inputs["databaseName"], Name=inputs["name"])
    return f"{_account(client)}:{inputs['databaseName']}:{inputs['name']}"


def _connection(client: Client, inputs: Inputs) -> str:
    client("glue").get_connection(Name=inputs["name"])
    return f"{_account(client)}:{inputs['name']}"


def _budget(client: Client, inputs: Inputs) -> str:
    account = _account(client)
    client("budgets").describe_budget(AccountId=account, BudgetName=inputs["name"])
    return f"{account}:{inputs['name']}"


def _named(service: str, operation: str, parameter: str, name: str = "name") -> Finder:
    """For what is described by its name and has it as its id."""

    def find(client: Client, inputs: Inputs) -> str:
        getattr(client(service), operation)(**{parameter: inputs[name]})
        return str(inputs[name])

    return find


FINDERS: Mapping[str, Finder] = {
    "aws:athena/workgroup:Workgroup": _named("athena", "get_work_group", "WorkGroup"),
    "aws:budgets/budget:Budget": _budget,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:glue/catalogDatabase:CatalogDatabase": _database,
    "aws:glue/catalogTable:CatalogTable": _table,
    "aws:glue/connection:Connection": _connection,
    "aws:glue/crawler:Crawler": _named("glue", "get_crawler", "Name"),
    "aws:glue/job:Job": _named("glue", "get_job", "JobName"),
    "aws:glue/securityConfiguration:SecurityConfiguration": _named(
        "glue", "get_security_configuration", "Name"
    ),
    "aws:glue/trigger:Trigger": _named("glue", "get_trigger", "Name"),
    "aws:iam/role:Role": _named("iam", "get_role", "RoleName"),
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:kms/alias:Alias": _alias,
    "aws:kms/key:Key": _key,
    "aws:s3/bucket:Bucket": _named("s3", "head_bucket", "Bucket", "bucket"),
    "aws:sns/topic:Topic": _topic,
}
"""By type token. What is missing here is created by a call that may be repeated (settings of
buckets, policies of topics, dashboards, scaling) or has a name that the program clears itself."""


def existing(resource: Mapping[str, Any], known: Collection[str | None]) -> Existing | None:
    """What a resource that was being created became; None when it did not come to be.

    resource: as in the engine's list of pending operations.
    known:    ids of its type that the state has already.
    """
    import boto3
    from botocore.exceptions import ClientError

    session = boto3.Session()
    inputs = resource["inputs"]
    region = inputs.get("region") or os.environ.get("AWS_REGION", "us-east-1")

    def client(service: str) -> Any:
        return session.client(service, region_name=region)

    try:
        found = FINDERS[resource["type"]](client, inputs)
    except (ClientError, KeyError):
        return None  # the kill was faster than the cloud
    return None if found in known else Existing(id=found)
