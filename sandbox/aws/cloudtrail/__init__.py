"""CloudTrail: a second trail of the same name is refused, as in the cloud."""

from typing import Any

from moto.cloudtrail.models import cloudtrail_backends

from sandbox.aws.context import Call, Context, Refusal


def create_trail(call: Call) -> Any:
    """moto would replace the trail."""
    name = call.params["Name"]
    if name in cloudtrail_backends[call.account][call.region].trails:
        raise Refusal(
            "TrailAlreadyExistsException",
            f"Trail {name} already exists for customer: {call.account}",
        )
    return call.original()


def install(context: Context) -> None:
    """Plug the operation in."""
    context.operation("cloudtrail", "CreateTrail", create_trail)
