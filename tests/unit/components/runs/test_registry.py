"""Every resource class has its handler, and both agree on the names."""

import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from inspect import get_annotations
from pathlib import Path

import pytest

from components.runs.provider import HANDLERS, TrimaranProvider
from components.runs.resource import RunResource, camel_case
from plugin.handler import Handler, ResourceFailedError

ROOT = Path(__file__).parents[4]


def parts(token: str) -> tuple[type[RunResource], type, Handler]:
    module_name, _, handler = HANDLERS[token].partition(":")
    module = import_module(module_name)
    noun = token.rsplit(":", 1)[-1]
    return getattr(module, noun), getattr(module, f"{noun}Args"), getattr(module, handler)()


@pytest.mark.parametrize("token", HANDLERS)
def test_the_handler_claims_the_token_it_is_registered_for(token: str) -> None:
    assert parts(token)[2].token == token


@pytest.mark.parametrize("token", HANDLERS)
def test_outputs_of_the_class_are_the_inputs_and_what_the_handler_computes(token: str) -> None:
    resource, args, handler = parts(token)
    inputs = {camel_case(field.name) for field in fields(args)}
    outputs = {camel_case(name) for name in get_annotations(resource)}
    assert outputs == inputs | handler.computed
    assert handler.computed.isdisjoint(inputs)
    assert handler.volatile <= handler.computed
    assert handler.immutable <= inputs


def test_a_token_of_nobody_is_refused_by_name() -> None:
    with pytest.raises(ResourceFailedError, match="trimaran:aws:Nothing is not supported"):
        TrimaranProvider().handler_for("urn:pulumi:s::p::trimaran:aws:Nothing::n")


def test_a_token_under_a_component_finds_its_handler() -> None:
    urn = "urn:pulumi:s::p::trimaran:aws:Training$trimaran:index:QualityGate::n"
    assert TrimaranProvider().handler_for(urn).token == "trimaran:index:QualityGate"


def test_starting_the_provider_imports_no_cloud_sdk_and_no_clouds_handlers() -> None:
    code = (
        "import sys, components.runs.provider as p; p.TrimaranProvider();"
        "print([m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore', 'pulumi_aws',"
        " 'pulumi_gcp', 'apache_beam', 'requests') or m.startswith(('components.aws',"
        " 'components.azure', 'components.gcp', 'google.auth', 'azure.'))])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_naming_resources_imports_no_cloud_sdk() -> None:
    modules = sorted({path.partition(":")[0] for path in HANDLERS.values()})
    modules.append("components.aws.runs.leftovers")
    code = (
        f"import sys, importlib; [importlib.import_module(m) for m in {modules}];"
        "print([m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore', 'apache_beam',"
        " 'requests') or m.startswith(('azure.', 'google.auth', 'google.cloud.'))"
        " and '_nspkg' not in m])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
