"""What a killed `pulumi up` was creating when it was killed: taken into the state, or forgotten.

The engine writes down what it is about to create, but after SIGKILL not what came of it. The next
run would create it once more, and the first would stay: a second bucket, a second key. Here each
such resource is looked up in the cloud by the name that was written down. What exists is put into
the state, for a refresh to complete, and the rest is forgotten. (`pulumi refresh` has an option
`--import-pending-creates`, but engine 3.259 then drops what it was given.)

Jobs, models and endpoints are not among them: their leftovers are removed by the program itself
(components/aws/runs/leftovers.py), whoever runs it.
"""

from collections.abc import Callable, Mapping
from typing import Any

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
    "aws:iam/role:Role": _named("iam", "get_role", "RoleName"),
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:kms/alias:Alias": _alias,
    "aws:kms/key:Key": _key,
    "aws:s3/bucket:Bucket": _named("s3", "head_bucket", "Bucket", "bucket"),
    "aws:sns/topic:Topic": _topic,
}
"""By type token. What is missing here is created by a call that may be repeated (settings of
buckets, policies of topics, dashboards, scaling) or has a name that the program clears itself."""


def found(exported: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """The id of each resource that was being created and that exists, by URN.

    exported: the stack's state, as `pulumi stack export` gives it.
    environ:  the environment in which the clouds' SDKs find account and region.
    """
    operations = exported["deployment"].get("pending_operations") or []
    creating = [item["resource"] for item in operations if item["type"] == "creating"]
    wanted = [resource for resource in creating if resource["type"] in FINDERS]
    if not wanted:
        return {}
    import boto3
    from botocore.exceptions import ClientError

    session = boto3.Session()

    def client_in(region: str) -> Client:
        return lambda service: session.client(
            service, region_name=region, endpoint_url=environ.get("AWS_ENDPOINT_URL")
        )

    ids: dict[str, str] = {}
    for resource in wanted:
        inputs = resource["inputs"]
        region = inputs.get("region") or environ.get("AWS_REGION", "us-east-1")
        try:
            ids[resource["urn"]] = FINDERS[resource["type"]](client_in(region), inputs)
        except (ClientError, KeyError):
            continue  # the kill was faster than the cloud
    return ids


def take_up(exported: dict[str, Any], ids: Mapping[str, str]) -> int:
    """Makes resources of the interrupted creations that have an id; forgets the other ones.

    exported: the state, changed in place.
    Returns the number of resources taken up.
    """
    deployment = exported["deployment"]
    there = {resource["urn"] for resource in deployment["resources"]}
    kept = []
    taken = 0
    for operation in deployment.get("pending_operations") or []:
        resource = operation["resource"]
        if operation["type"] != "creating":
            kept.append(operation)
        elif resource["urn"] in ids and resource["urn"] not in there:
            created = {**resource, "id": ids[resource["urn"]], "outputs": resource["inputs"]}
            deployment["resources"].append(created)
            taken += 1
    deployment["pending_operations"] = kept
    return taken


def is_any(exported: Mapping[str, Any]) -> bool:
    """Whether operations were interrupted."""
    return bool(exported["deployment"].get("pending_operations"))
