"""CloudTrail: trails are refused twice, known by ARN, and tell their home region."""

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


def get_trail(call: Call) -> Any:
    """moto leaves the home region out."""
    trail = cloudtrail_backends[call.account][call.region].get_trail(call.params["Name"])
    return {"Trail": trail.description(include_region=True)}


def delete_trail(call: Call) -> None:
    """moto deletes by name only, and takes an unknown one for deleted."""
    backend = cloudtrail_backends[call.account][call.region]
    trail = backend.get_trail(call.params["Name"])
    backend.delete_trail(trail.trail_name)
    backend.tagging_service.delete_all_tags_for_resource(trail.arn)


def install(context: Context) -> None:
    """Plug the operations in."""
    context.operation("cloudtrail", "CreateTrail", create_trail)
    context.operation("cloudtrail", "GetTrail", get_trail)
    context.operation("cloudtrail", "DeleteTrail", delete_trail)
