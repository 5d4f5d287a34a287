"""``Microsoft.Insights``: Application Insights, and what watches; nothing is measured or sent."""

import uuid

from sandbox.azure import paths
from sandbox.azure.context import now
from sandbox.azure.errors import ApiError, bad_request
from sandbox.azure.ids import parse
from sandbox.azure.resource_type import Call, ResourceType

_FREQUENCIES = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H")
_WINDOWS = (*_FREQUENCIES, "PT6H", "PT12H", "P1D")
_ACCESS = frozenset({"Enabled", "Disabled", "SecuredByPerimeter"})


def _require(call: Call, path: str) -> None:
    """All that stands at a path must exist.

    Raises:
        ApiError: 404, naming what does not.
    """
    for reference in paths.values(call.new, path):
        resource = parse(str(reference))
        if resource.namespace != "Microsoft.Resources":
            call.context.resources.require(resource)


class Components(ResourceType):
    """Application Insights on a Log Analytics workspace."""

    type = "Microsoft.Insights/components"
    tracked = True
    system_data = False
    etagged = True
    required = ("kind", "properties.Application_Type")
    allowed = {
        "properties.Application_Type": frozenset({"web", "other"}),
        "properties.IngestionMode": frozenset(
            {
                "ApplicationInsights",
                "ApplicationInsightsWithDiagnosticSettings",
                "LogAnalytics",
            }
        ),
        "properties.publicNetworkAccessForIngestion": _ACCESS,
        "properties.publicNetworkAccessForQuery": _ACCESS,
    }
    defaults = {
        "properties.DisableIpMasking": False,
        "properties.publicNetworkAccessForIngestion": "Enabled",
        "properties.publicNetworkAccessForQuery": "Enabled",
        "properties.RetentionInDays": 90,
    }
    generated = {
        "properties.AppId": lambda _: str(uuid.uuid4()),
        "properties.ApplicationId": lambda call: call.id.name,
        "properties.CreationDate": lambda _: now(),
        "properties.InstrumentationKey": lambda _: str(uuid.uuid4()),
        "properties.Name": lambda call: call.id.name,
        "properties.TenantId": lambda call: call.id.subscription,
    }

    def check(self, call: Call) -> None:
        if call.properties.get("IngestionMode") == "LogAnalytics" or call.old is None:
            reference = call.properties.get("WorkspaceResourceId")
            if reference is None:
                raise bad_request(
                    "Application Insights needs a Log Analytics workspace (WorkspaceResourceId).",
                    "InvalidRequestContent",
                )
            _require(call, "properties.WorkspaceResourceId")

    def complete(self, call: Call) -> None:
        key, place = call.properties["InstrumentationKey"], call.new["location"]
        call.properties["ConnectionString"] = (
            f"InstrumentationKey={key};IngestionEndpoint="
            f"https://{place}-0.in.applicationinsights.azure.com/;"
            f"ApplicationId={call.properties['AppId']}"
        )


class DiagnosticSettings(ResourceType):
    """Where a resource's logs and metrics go; none are sent."""

    type = "Microsoft.Insights/diagnosticSettings"
    scopes = frozenset({"resource", "subscription"})
    provisions = False
    patchable = False

    def check(self, call: Call) -> None:
        sinks = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")
        if not any(call.properties.get(name) for name in sinks):
            raise bad_request("At least one data sink needs to be specified.", "BadRequest")
        _require(call, "properties.workspaceId")
        _require(call, "properties.storageAccountId")
        for log in call.properties.setdefault("logs", []):
            if bool(log.get("category")) == bool(log.get("categoryGroup")):
                raise bad_request(
                    "A log setting needs either a category or a category group.", "BadRequest"
                )
        for metric in call.properties.setdefault("metrics", []):
            metric.setdefault("retentionPolicy", {"days": 0, "enabled": False})
        for log in call.properties["logs"]:
            log.setdefault("retentionPolicy", {"days": 0, "enabled": False})


class ActionGroups(ResourceType):
    """Whom alerts reach; nothing is sent."""

    type = "Microsoft.Insights/actionGroups"
    tracked = True
    provisions = False
    required = ("properties.groupShortName",)
    defaults = {
        "properties.enabled": True,
        **{
            f"properties.{kind}Receivers": []
            for kind in (
                "armRole",
                "automationRunbook",
                "azureAppPush",
                "azureFunction",
                "email",
                "eventHub",
                "itsm",
                "logicApp",
                "sms",
                "voice",
                "webhook",
            )
        },
    }

    def check(self, call: Call) -> None:
        short = str(call.properties["groupShortName"])
        if len(short) > 12:
            raise bad_request(
                f"The short name '{short}' is longer than 12 characters.", "GroupShortNameTooLong"
            )

    def complete(self, call: Call) -> None:
        for receiver in call.properties["emailReceivers"]:
            receiver.setdefault("useCommonAlertSchema", False)
            receiver["status"] = "Enabled"


class MetricAlerts(ResourceType):
    """When to notify whom; nothing is evaluated."""

    type = "Microsoft.Insights/metricAlerts"
    tracked = True
    provisions = False
    system_data = False
    required = (
        "properties.scopes",
        "properties.evaluationFrequency",
        "properties.windowSize",
        "properties.criteria",
    )
    defaults = {"properties.autoMitigate": True, "properties.enabled": True}

    def check(self, call: Call) -> None:
        given = call.properties
        if given.get("severity") not in range(5):
            raise bad_request("The severity must be 0 to 4.", "BadRequest")
        frequency, window = given["evaluationFrequency"], given["windowSize"]
        if frequency not in _FREQUENCIES or window not in _WINDOWS:
            listed = ", ".join(_FREQUENCIES)
            raise bad_request(
                f"evaluationFrequency is one of {listed}; windowSize is one of those, PT6H, PT12H "
                "and P1D.",
                "BadRequest",
            )
        if _WINDOWS.index(window) < _WINDOWS.index(frequency):
            raise bad_request(
                "The window size must not be smaller than the evaluation frequency.", "BadRequest"
            )
        _require(call, "properties.scopes[]")
        _require(call, "properties.actions[].actionGroupId")
        if call.new["location"] != "global":
            raise ApiError(
                400,
                "LocationNotAvailableForResourceType",
                "Metric alert rules have the location 'global'.",
            )


class ScheduledQueryRules(ResourceType):
    """Which query's answer notifies whom; nothing is asked."""

    type = "Microsoft.Insights/scheduledQueryRules"
    tracked = True
    provisions = False
    etagged = True
    required = (
        "properties.scopes",
        "properties.evaluationFrequency",
        "properties.windowSize",
        "properties.criteria",
    )
    defaults = {"properties.autoMitigate": True, "properties.enabled": True}

    def check(self, call: Call) -> None:
        if call.properties.get("severity") not in range(5):
            raise bad_request("The severity must be 0 to 4.", "BadRequest")
        _require(call, "properties.scopes[]")
        _require(call, "properties.actions.actionGroups[]")


class AutoscaleSettings(ResourceType):
    """Rules for a number of instances."""

    type = "Microsoft.Insights/autoscaleSettings"
    tracked = True
    provisions = False
    required = ("properties.profiles",)
    defaults = {"properties.enabled": True, "properties.notifications": []}

    def check(self, call: Call) -> None:
        _require(call, "properties.targetResourceUri")
        for profile in call.properties["profiles"]:
            capacity = {k: int(v) for k, v in (profile.get("capacity") or {}).items()}
            if set(capacity) != {"minimum", "maximum", "default"} or not (
                capacity["minimum"] <= capacity["default"] <= capacity["maximum"]
            ):
                raise bad_request(
                    f"Profile '{profile.get('name')}' needs a capacity with "
                    "minimum <= default <= maximum.",
                    "InvalidCapacity",
                )
            if len(profile.setdefault("rules", [])) > 10:
                raise bad_request("A profile has at most 10 rules.", "TooManyRules")

    def complete(self, call: Call) -> None:
        call.properties["name"] = call.id.name


TYPES = (
    Components,
    DiagnosticSettings,
    ActionGroups,
    MetricAlerts,
    ScheduledQueryRules,
    AutoscaleSettings,
)
