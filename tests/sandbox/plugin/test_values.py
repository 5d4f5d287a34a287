"""How values are read from the SDK, compared and named."""

import json

import pytest

from plugin import UNKNOWN, CheckFailure
from sandbox.aws.plugin import schema
from sandbox.aws.plugin.wire import from_wire, input_shape, shape, to_wire
from sandbox.plugins import checking
from sandbox.plugins.checking import UnmappedPropertyError
from sandbox.plugins.comparing import overlaid, reconciled, same_json, same_set, with_default
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import values_at

ENDPOINT_CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"


def test_a_schema_is_read_with_nested_types_and_required_properties() -> None:
    found = schema.resource(ENDPOINT_CONFIG)
    variants = found.inputs["productionVariants"]
    assert variants.required
    assert variants.type.kind == "list"
    assert variants.type.element is not None
    serverless = variants.type.element.properties["serverlessConfig"].type.properties
    assert serverless["memorySizeInMb"].required
    assert serverless["memorySizeInMb"].type.kind == "integer"
    assert found.computed == {"arn", "tagsAll"}


def test_reading_a_schema_imports_no_sdk() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from sandbox.aws.plugin import schema;"
        f"schema.resource('{ENDPOINT_CONFIG}'); sys.exit('pulumi_aws' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("token", ["aws:s3/buckett:Buckett", "aws:nothing", "aws:s3/bucket:Other"])
def test_an_unknown_token_is_named(token: str) -> None:
    with pytest.raises(schema.UnknownTokenError, match=token):
        schema.resource(token)


def test_simple_values_are_converted_and_wrong_ones_refused() -> None:
    properties = schema.resource("aws:cloudwatch/logGroup:LogGroup").inputs
    values, failures = checking.conform({"retentionInDays": "7", "skipDestroy": "true"}, properties)
    assert values == {"retentionInDays": 7, "skipDestroy": True}
    assert failures == []
    _, failures = checking.conform({"retentionInDays": "a week"}, properties)
    reason = 'expected a whole number, got "a week"'
    assert failures == [CheckFailure(property="retentionInDays", reason=reason)]


def test_a_nested_mistake_is_told_with_its_path() -> None:
    properties = schema.resource(ENDPOINT_CONFIG).inputs
    variant = {"modelName": "m", "instancetype": "ml.m5.large"}
    _, failures = checking.conform({"productionVariants": [variant]}, properties)
    assert [failure.property for failure in failures] == ["productionVariants[0].instancetype"]
    assert "did you mean 'instanceType'?" in failures[0].reason


def test_policies_that_mean_the_same_are_equal() -> None:
    one = {"Statement": [{"Effect": "Allow", "Action": ["b", "a"], "Resource": "*"}]}
    other = {"Statement": {"Resource": ["*"], "Action": ["a", "b"], "Effect": "Allow"}}
    assert same_json(json.dumps(one), json.dumps(other, indent=2))
    other["Statement"]["Effect"] = "Deny"
    assert not same_json(json.dumps(one), json.dumps(other))


def test_a_set_with_an_unknown_member_equals_none() -> None:
    assert same_set(["a", "b"], ["b", "a"])
    assert not same_set(["a", UNKNOWN], ["a", UNKNOWN])


def test_what_the_cloud_adds_is_told_and_not_declared() -> None:
    declared = {"a": 1, "list": ["x", "y"]}
    found = {"a": 1, "list": ["y", "x"], "default": True}
    said = reconciled(declared, found)
    assert said == declared
    assert overlaid(found, said) == {"a": 1, "list": ["x", "y"], "default": True}


def test_a_drift_of_one_element_keeps_the_others_words() -> None:
    declared = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
    found = [{"id": "b", "n": 2, "extra": 0}, {"id": "a", "n": 9}]
    assert reconciled(declared, found) == [{"id": "a", "n": 9}, {"id": "b", "n": 2}]


def test_a_default_is_said_only_inside_what_is_given() -> None:
    path = "variants[].weight"
    assert with_default({"variants": [{}, {"weight": 3}]}, path, 1) == {
        "variants": [{"weight": 1}, {"weight": 3}]
    }
    assert with_default({}, path, 1) == {}


def test_an_automatic_name_is_stable_in_an_update_and_new_in_the_next() -> None:
    def named(seed: bytes) -> str:
        inputs: dict[str, object] = {}
        AutoName("name", 63).fill(inputs, "model", seed, [])
        return str(inputs["name"])

    assert named(b"one") == named(b"one")
    assert named(b"one") != named(b"two")
    assert len(named(b"one")) == len("model-1234567")


def test_an_automatic_name_that_is_too_long_is_refused() -> None:
    failures: list[CheckFailure] = []
    AutoName("name", 32).fill({}, "n" * 30, b"seed", failures)
    assert "longer than 32 characters" in failures[0].reason


def test_values_at_a_path_skip_what_is_unknown() -> None:
    inputs = {"a": [{"b": 1}, UNKNOWN, {"b": UNKNOWN}, {"c": 2}]}
    assert list(values_at(inputs, "a[].b")) == [("a[0].b", 1)]


def test_single_objects_and_lists_of_one_are_the_same_on_the_wire() -> None:
    target = shape("s3", "OwnershipControls")
    wired = to_wire({"rule": {"objectOwnership": "BucketOwnerEnforced"}}, target, {})
    assert wired == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    wanted = schema.resource("aws:s3/bucketOwnershipControls:BucketOwnershipControls").outputs
    back = from_wire(wired, {"rule": wanted["rule"]}, target, {})
    assert back == {"rule": {"objectOwnership": "BucketOwnerEnforced"}}


def test_a_property_without_a_place_in_the_api_is_named() -> None:
    target = input_shape("sagemaker", "CreateModel")
    with pytest.raises(UnmappedPropertyError, match=r"primaryContainer\.colour"):
        to_wire({"primaryContainer": {"colour": "red"}}, target, {})
