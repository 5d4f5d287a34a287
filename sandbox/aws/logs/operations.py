"""Log groups where moto's differ from the cloud's."""

import functools
from typing import Any

from moto.logs.models import LogGroup, logs_backends

from sandbox.aws.context import Call, Context, Refusal


def _group(call: Call) -> LogGroup:
    name = call.params.get("logGroupName")
    if name is None:
        identifier = call.params.get("resourceIdentifier", "")
        name = identifier.split(":log-group:")[-1].split(":")[0]
    group = logs_backends[call.account][call.region].groups.get(name)
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def associate(call: Call) -> None:
    """Encrypt what comes from now on under a key."""
    _group(call).kms_key_id = call.params["kmsKeyId"]


def disassociate(call: Call) -> None:
    """Encrypt no more under a key of the customer."""
    _group(call).kms_key_id = None


def delete_group(call: Call) -> None:
    """Its tags go with it: a new group of the same name starts without them."""
    group = _group(call)
    backend = logs_backends[call.account][call.region]
    backend.delete_log_group(group.name)
    backend.tagger.delete_all_tags_for_resource(group.arn)


# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922),
    *(3288, 3653),
)


def put_retention(call: Call) -> Any:
    """Only certain numbers of days are taken."""
    days = call.params["retentionInDays"]
    if days not in _RETENTIONS:
        raise Refusal(
            "InvalidParameterException",
            f"Value {days} at 'retentionInDays' must be one of {', '.join(map(str, _RETENTIONS))}",
        )
    return call.original()


def install(context: Context) -> None:
    """Plug the operations in."""
    add = functools.partial(context.operation, "logs")
    add("AssociateKmsKey", associate)
    add("DisassociateKmsKey", disassociate)
    add("DeleteLogGroup", delete_group)
    add("PutRetentionPolicy", put_retention)
