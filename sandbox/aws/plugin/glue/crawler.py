"""``aws:glue/crawler:Crawler``."""

from typing import Any, Final

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import TAGGING, GlueResource, same_role
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import json_text, longest, one_of

_TARGETS: Final = frozenset(
    {
        "catalogTargets",
        "deltaTargets",
        "dynamodbTargets",
        "hudiTargets",
        "icebergTargets",
        "jdbcTargets",
        "mongodbTargets",
        "s3Targets",
    }
)


class Crawler(GlueResource):
    """A crawler; it runs when it is started or by its schedule."""

    token = "aws:glue/crawler:Crawler"
    kind = "crawler"
    auto_name = AutoName("name", 255)
    names = {"securityConfiguration": "CrawlerSecurityConfiguration"}
    create_operation = "CreateCrawler"
    describe_operation = "GetCrawler"
    update_operation = "UpdateCrawler"
    delete_operation = "DeleteCrawler"
    identity = "Name"
    answer = "Crawler"
    tagging = TAGGING
    immutable = frozenset({"name", "region"})
    mutable = _TARGETS | {
        "classifiers",
        "configuration",
        "databaseName",
        "description",
        "lakeFormationConfiguration",
        "lineageConfiguration",
        "recrawlPolicy",
        "role",
        "schedule",
        "schemaChangePolicy",
        "securityConfiguration",
        "tablePrefix",
        "tags",
    }
    rules = (
        longest("name", 255),
        json_text("configuration"),
        one_of(
            "schemaChangePolicy.deleteBehavior",
            {"LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"},
        ),
        one_of("schemaChangePolicy.updateBehavior", {"LOG", "UPDATE_IN_DATABASE"}),
        one_of(
            "recrawlPolicy.recrawlBehavior",
            {"CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY", "CRAWL_EVENT_MODE"},
        ),
    )

    def wired(self, inputs: Properties, operation: str, wrapper: str = "") -> dict[str, Any]:
        targets = {key: value for key, value in inputs.items() if key in _TARGETS}
        others = {key: value for key, value in inputs.items() if key not in _TARGETS}
        parameters = super().wired(others, operation, wrapper)
        parameters["Targets"] = to_wire(targets, shape("glue", "CrawlerTargets"), self.names)
        return parameters

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = self.described(cloud, resource_id)
        schedule = answer.pop("Schedule", None)
        wanted = {name: self.schema.inputs[name] for name in _TARGETS}
        targets = from_wire(
            answer.get("Targets", {}), wanted, shape("glue", "CrawlerTargets"), self.names
        )
        expression = schedule.get("ScheduleExpression") if isinstance(schedule, dict) else schedule
        return {
            **self.properties(answer),
            **self.more(cloud, resource_id, answer),
            **targets,
            "role": same_role(answer.get("Role"), known, "role"),
            "schedule": expression,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        parameters = self.wired(new, self.update_operation)
        cloud.run("glue", "update_crawler", **{**parameters, "Name": resource_id})
