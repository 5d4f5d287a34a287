"""Fewer replicas in off-hours: Cloud Scheduler changes the endpoint's bounds at their times."""

import base64
import json
import re
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from components.naming import content_name
from components.off_hours import DAYS, Change, Reduction

# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/mutateDeployedModel
_PERMISSION: Final = "aiplatform.endpoints.deploy"
_FIELDS: Final = ("minReplicaCount", "maxReplicaCount")
_ACCOUNT_ID_LIMIT: Final = 30


@dataclass(frozen=True, kw_only=True)
class OffHoursArgs:
    """The endpoint, what serves there, and how many replicas it has when."""

    project_id: str
    region: str
    endpoint_number: pulumi.Input[str]
    deployed_model_id: pulumi.Input[str]
    min_replicas: int
    max_replicas: int
    off_hours: Reduction


class OffHours(pulumi.ComponentResource):
    """A job of Cloud Scheduler for each moment at which the bounds of the replicas change.

    Vertex AI has no schedules of its own: the job calls its API as an account that has one
    permission, on this endpoint only. Each release names its new deployed model to the jobs; one
    that is released in off-hours starts with the bounds of the model before it.
    """

    def __init__(
        self, name: str, args: OffHoursArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:OffHours", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        email = self._account(f"{name}-hours")
        for change in args.off_hours.hours.changes:
            self._job(f"{name}-{change.name}", change, email)
        self.register_outputs({})

    def _account(self, name: str) -> pulumi.Output[str]:
        args = self._args
        account_id = name
        if len(name) > _ACCOUNT_ID_LIMIT:
            account_id = content_name(name, {"name": name}, limit=_ACCOUNT_ID_LIMIT)
        account = gcp.serviceaccount.Account(
            name,
            project=args.project_id,
            account_id=account_id,
            display_name=f"{name}: changes the endpoint's replicas",
            opts=self._child,
        )
        role = gcp.projects.IAMCustomRole(
            name,
            project=args.project_id,
            # No hyphens here. A deleted role's id is free again for the same role only.
            role_id=re.sub(r"\W", "_", name),
            title=f"{name}: change what is deployed",
            description="Bounds of an endpoint's replicas",
            permissions=[_PERMISSION],
            stage="GA",
            opts=self._child,
        )
        grant = gcp.vertex.AiEndpointIamMember(
            name,
            project=args.project_id,
            location=args.region,
            endpoint=args.endpoint_number,
            role=role.name,
            member=account.member,
            opts=self._child,
        )
        # Known only with its right, so that no job runs before.
        return pulumi.Output.all(account.email, grant.id).apply(lambda known: str(known[0]))

    def _job(self, name: str, change: Change, email: pulumi.Output[str]) -> None:
        args = self._args
        least, most = args.off_hours.bounds(change, least=args.min_replicas, most=args.max_replicas)
        # Crontab counts the days of the week from Sunday.
        days = ",".join(str((DAYS.index(day) + 1) % len(DAYS)) for day in change.days)
        gcp.cloudscheduler.Job(
            name,
            name=name,
            project=args.project_id,
            region=args.region,
            description=f"{least} to {most} replicas",
            schedule=f"{change.minute} {change.hour} * * {days}",
            time_zone=args.off_hours.hours.timezone,
            attempt_deadline="60s",
            # A release in progress refuses other changes: tried again for an hour.
            retry_config={
                "retry_count": 5,
                "min_backoff_duration": "60s",
                "max_backoff_duration": "960s",
                "max_doublings": 4,
            },
            http_target={
                "http_method": "POST",
                "uri": pulumi.Output.concat(
                    f"https://{args.region}-aiplatform.googleapis.com/v1/projects/"
                    f"{args.project_id}/locations/{args.region}/endpoints/",
                    args.endpoint_number,
                    ":mutateDeployedModel",
                ),
                "headers": {"Content-Type": "application/json"},
                "body": pulumi.Output.from_input(args.deployed_model_id).apply(
                    lambda known: request_body(known, least, most)
                ),
                "oauth_token": {"service_account_email": email},
            },
            opts=self._child,
        )


def request_body(deployed_model_id: str, least: int, most: int) -> str:
    """The request that changes the bounds, in base64 as Cloud Scheduler takes it."""
    request = {
        "deployedModel": {
            "id": deployed_model_id,
            "dedicatedResources": dict(zip(_FIELDS, (least, most), strict=True)),
        },
        "updateMask": ",".join(f"dedicatedResources.{field}" for field in _FIELDS),
    }
    return base64.b64encode(json.dumps(request, sort_keys=True).encode()).decode()
