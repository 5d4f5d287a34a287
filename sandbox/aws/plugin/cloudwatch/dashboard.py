"""``aws:cloudwatch/dashboard:Dashboard``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.plugins.rules import json_text, matches


class Dashboard(AwsResource):
    """A dashboard; its body is compared by meaning."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    behaviour = "recorded"
    immutable = frozenset({"dashboardName", "region"})
    mutable = frozenset({"dashboardBody"})
    rules = (
        json_text("dashboardBody"),
        matches("dashboardName", r"[\-_A-Za-z0-9]{1,255}", "letters, digits, - and _ are allowed"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["dashboardName"])
        body = inputs["dashboardBody"]
        cloud.run("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body)
        return name

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("cloudwatch", "get_dashboard", DashboardName=resource_id)
        return {
            "dashboardArn": found.get("DashboardArn"),
            "dashboardBody": found["DashboardBody"],
            "dashboardName": resource_id,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.make(cloud, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("cloudwatch", "delete_dashboards", DashboardNames=[resource_id])
