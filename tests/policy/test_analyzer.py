"""What the pack tells the engine, and when: asked as the engine asks, without one."""

import json
from collections.abc import Iterable
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages

from policy import discovery
from policy.analyzer import Analyzer
from policy.values import SENTINELS

KEY = "aws:kms/key:Key"
ROTATION = "aws/kms/key/rotation"
UNKNOWN = min(SENTINELS)


def properties(**values: Any) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


def told(
    *keys: tuple[str, Any], rule: str = ROTATION, preview: bool = True, **policy: Any
) -> tuple[list[Any], list[Any]]:
    """What is told of some keys' rotation, one by one and at the end; each has name and value."""
    analyzer = Analyzer(discovery.rules())
    section = {"trimaran:policy": json.dumps(policy)}
    context: Any = None
    analyzer.ConfigureStack(
        messages.AnalyzerStackConfigureRequest(
            stack="s", project="trimaran", dry_run=preview, config=section
        ),
        context,
    )
    alone: list[Any] = []
    declared = []
    for name, value in keys:
        urn = f"urn:pulumi:s::trimaran::{KEY}::{name}"
        inputs = properties(enableKeyRotation=value)
        request = messages.AnalyzeRequest(urn=urn, type=KEY, name=name, properties=inputs)
        alone += analyzer.Analyze(request, context).diagnostics
        declared.append(messages.AnalyzerResource(urn=urn, type=KEY, name=name, properties=inputs))
    everything = messages.AnalyzeStackRequest(resources=declared)
    together = analyzer.AnalyzeStack(everything, context).diagnostics
    return _about(rule, alone), _about(rule, together)


def _about(rule: str, found: Iterable[Any]) -> list[Any]:
    return [item for item in found if item.policyName == rule]


def exempt(resource: str, rule: str = ROTATION) -> dict[str, Any]:
    always = "9999-12-31"
    reason = "imported from an HSM"
    return {"resource": resource, "rule": rule, "reason": reason, "expires": always}


def test_what_a_preview_cannot_know_is_one_line_a_rule() -> None:
    alone, together = told(("a", UNKNOWN), ("b", UNKNOWN), ("c", False))

    assert [found.enforcementLevel for found in alone] == [messages.MANDATORY]
    assert "c: enableKeyRotation is not on" in alone[0].message
    (found,) = together
    assert found.enforcementLevel == messages.ADVISORY
    assert found.policyName == ROTATION
    assert found.message == (
        "enableKeyRotation is not known before the update: checked at up (2 resources: a, b)"
    )


def test_what_an_up_does_not_know_stops_it() -> None:
    alone, together = told(("a", UNKNOWN), preview=False)

    assert [found.enforcementLevel for found in alone] == [messages.MANDATORY]
    assert together == []


def test_an_exemption_that_excuses_nothing_is_told() -> None:
    exemptions = [exempt("a"), exempt("b"), exempt("nobody"), exempt("unclear")]

    alone, together = told(("a", False), ("b", True), ("unclear", UNKNOWN), exemptions=exemptions)

    assert ["exempt until" in found.message for found in alone] == [True]
    idle = [found.message for found in together if "excuses nothing" in found.message]
    assert len(idle) == 2
    assert idle[0].startswith("the exemption of b excuses nothing, what is called so keeps the")
    assert idle[1].startswith("the exemption of nobody excuses nothing, no resource is called so")


def test_an_exemption_from_a_rule_that_is_not_in_force_is_told() -> None:
    rule = "aws/s3/bucket/mfa_delete"

    _, together = told(("a", True), rule=rule, exemptions=[exempt("a", rule)])

    (found,) = together
    assert found.enforcementLevel == messages.ADVISORY
    assert "excuses nothing, the rule is not in force" in found.message
