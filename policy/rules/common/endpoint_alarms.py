"""An endpoint that fails, or is attacked, must wake somebody."""

from collections.abc import Iterator

from policy.holders import ENDPOINTS
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack
from policy.values import UNKNOWN, Secret, UnknownValue, leaves

RULE = Rule(
    title="An endpoint has an alarm",
    severity=Severity.MEDIUM,
    types=ENDPOINTS,
    gdpr=("32", "33"),
    hipaa=("164.308(a)(6)(ii)",),
    remediation="declare an alarm on the endpoint's errors or latency",
    link="https://gdpr-info.eu/art-33-gdpr/",
)

ALARMS = {
    "aws": ("aws:cloudwatch/metricAlarm:MetricAlarm",),
    "gcp": ("gcp:monitoring/alertPolicy:AlertPolicy",),
    "azure-native": (
        "azure-native:monitor:MetricAlert",
        "azure-native:monitor:ScheduledQueryRule",
    ),
}


def check_in_stack(endpoint: Resource, stack: Stack) -> Iterator[str]:
    """An alarm belongs to the endpoint whose name, id or link stands anywhere in it."""
    unclear = None
    for alarm in stack.of(*ALARMS.get(endpoint.cloud, ())):
        about = _about(alarm, endpoint)
        if about:
            return
        unclear = alarm if about is None else unclear
    if unclear is not None:
        raise UnknownValue(f"what {unclear.name} looks at")
    yield "no alarm looks at it"


def _about(alarm: Resource, endpoint: Resource) -> bool | None:
    told = [value.value if isinstance(value, Secret) else value for _, value in alarm.leaves()]
    told += [value for _, value in leaves(dict(alarm.outputs))]
    names = endpoint.identities | {name.rpartition("/")[2] for name in endpoint.identities}
    if any(isinstance(text, str) and name in text for text in told for name in names if name):
        return True
    if any(endpoint.urn in sources for sources in alarm.depends.values()):
        return True
    return None if any(text is UNKNOWN for text in told) else False
