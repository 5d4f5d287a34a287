"""Log groups where moto's differ from the cloud's."""

import functools

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
    _group(call).kms_key_id = call.params["kmsKeyId"]


def disassociate(call: Call) -> None:
    _group(call).kms_key_id = None


def delete_group(call: Call) -> None:
    """Its tags go with it: a new group of the same name starts without them."""
    group = _group(call)
    backend = logs_backends[call.account][call.region]
    backend.delete_log_group(group.name)
    backend.tagger.delete_all_tags_for_resource(group.arn)


def install(context: Context) -> None:
    add = functools.partial(context.operation, "logs")
    add("AssociateKmsKey", associate)
    add("DisassociateKmsKey", disassociate)
    add("DeleteLogGroup", delete_group)
