"""What a killed ``pulumi up`` leaves in the cloud though it is not in the state.

A resource with a fixed name is created, Pulumi is killed before it writes that down, and the next
update meets "already exists". The hook given here runs just before such a creation and clears the
way: what carries this stack's own tags is stopped and deleted, anything else is left alone and
named in an error. It runs in the program's process, on real updates only.

Taking the leftover up instead is not possible from here: a hook cannot turn a creation into an
import, and the option ``import_`` has to be decided while the program runs, where a preview has no
credentials; it also refuses a resource whose inputs read back differ in any default.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.aws.runs.cloud import client, error_code, explained, is_missing
from components.runs.polling import LONGEST_PAUSE, SHORTEST_PAUSE, duration
from plugin.handler import ResourceFailedError

# The tags that tell whose a resource is: see components.tags.
OWNER_TAGS: Final = ("project", "stack")
_LIMIT_SECONDS: Final = 1800.0


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """How one type of resource is found, stopped and deleted by its name."""

    noun: str
    name_input: str
    name_parameter: str
    describe: str
    arn: str
    delete: str
    status: str = ""
    busy: frozenset[str] = frozenset()
    """States in which it cannot be deleted yet."""
    stop: str = ""
    running: str = ""
    """The state from which ``stop`` leads on."""


KINDS: Final[Mapping[str, _Kind]] = {
    "aws:sagemaker/trainingJob:TrainingJob": _Kind(
        noun="training job",
        name_input="trainingJobName",
        name_parameter="TrainingJobName",
        describe="describe_training_job",
        arn="TrainingJobArn",
        delete="delete_training_job",
        status="TrainingJobStatus",
        busy=frozenset({"InProgress", "Stopping"}),
        stop="stop_training_job",
        running="InProgress",
    ),
    "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob": _Kind(
        noun="tuning job",
        name_input="name",
        name_parameter="HyperParameterTuningJobName",
        describe="describe_hyper_parameter_tuning_job",
        arn="HyperParameterTuningJobArn",
        delete="delete_hyper_parameter_tuning_job",
        status="HyperParameterTuningJobStatus",
        busy=frozenset({"InProgress", "Stopping"}),
        stop="stop_hyper_parameter_tuning_job",
        running="InProgress",
    ),
    "aws:sagemaker/endpoint:Endpoint": _Kind(
        noun="endpoint",
        name_input="name",
        name_parameter="EndpointName",
        describe="describe_endpoint",
        arn="EndpointArn",
        delete="delete_endpoint",
        status="EndpointStatus",
        busy=frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"}),
    ),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _Kind(
        noun="endpoint configuration",
        name_input="name",
        name_parameter="EndpointConfigName",
        describe="describe_endpoint_config",
        arn="EndpointConfigArn",
        delete="delete_endpoint_config",
    ),
    "aws:sagemaker/model:Model": _Kind(
        noun="model",
        name_input="name",
        name_parameter="ModelName",
        describe="describe_model",
        arn="ModelArn",
        delete="delete_model",
    ),
}


def leftover_hooks() -> pulumi.ResourceHookBinding:
    """The option ``hooks`` for a resource of one of :data:`KINDS` that has a fixed name.

    The resource's tags must hold ``project`` and ``stack``.
    """
    return pulumi.ResourceHookBinding(before_create=[_before_create])


async def _before_create(args: pulumi.ResourceHookArgs) -> None:
    # In a thread of its own: the program's event loop must go on registering.
    await asyncio.to_thread(clear_way, args.type, args.new_inputs or {})


def clear_way(
    token: str, inputs: Mapping[str, Any], pause: Callable[[float], None] = time.sleep
) -> None:
    """Removes what stands in the way of creating a resource of type ``token`` with ``inputs``.

    Raises:
        ResourceFailedError: when a resource of that name belongs to someone else, or does not go.
    """
    kind = KINDS.get(token)
    name = inputs.get(kind.name_input) if kind else None
    if kind is None or not name:  # named by the provider: nothing can stand in the way
        return
    region = inputs.get("region") or pulumi.Config("aws").get("region")
    subject = f"{kind.noun} {name}"
    with explained(subject):
        found = _find(kind, name, region)
        if found is None:
            return
        _require_own(kind, subject, inputs, found, region)
        pulumi.log.info(f"{subject} exists already, left by an update that was killed: removing it")
        _remove(kind, name, region, pause)


def _find(kind: _Kind, name: str, region: str | None) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    describe = getattr(client("sagemaker", region), kind.describe)
    try:
        found: dict[str, Any] = describe(**{kind.name_parameter: name})
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return found


def _require_own(
    kind: _Kind,
    subject: str,
    inputs: Mapping[str, Any],
    found: Mapping[str, Any],
    region: str | None,
) -> None:
    pages = client("sagemaker", region).get_paginator("list_tags")
    tags = {
        tag["Key"]: tag["Value"]
        for page in pages.paginate(ResourceArn=found[kind.arn])
        for tag in page["Tags"]
    }
    declared = inputs.get("tags") or {}
    if all(declared.get(key) and tags.get(key) == declared[key] for key in OWNER_TAGS):
        return
    owner = _pairs(tags, OWNER_TAGS) or "no such tags"
    raise ResourceFailedError(
        f"{subject} exists already and is not this stack's: it has {owner}, this stack's would "
        f"have {_pairs(declared, OWNER_TAGS) or 'tags ' + ' and '.join(OWNER_TAGS)}. It was left "
        "alone. Delete it if nobody needs it, or choose another name in the stack's configuration"
    )


def _pairs(tags: Mapping[str, str], keys: Iterable[str]) -> str:
    return ", ".join(f"{key}={tags[key]}" for key in keys if key in tags)


def _remove(kind: _Kind, name: str, region: str | None, pause: Callable[[float], None]) -> None:
    """Stops and deletes it, and waits until it is gone."""
    from botocore.exceptions import ClientError

    sagemaker = client("sagemaker", region)
    parameters = {kind.name_parameter: name}
    start = time.monotonic()
    requested: set[str] = set()
    while (found := _find(kind, name, region)) is not None:
        status = str(found.get(kind.status, "")) if kind.status else ""
        step = kind.delete
        if status in kind.busy:
            step = kind.stop if status == kind.running else ""
        if step and step not in requested:
            try:
                getattr(sagemaker, step)(**parameters)
            except ClientError as error:
                # It moved on between the look and the request: look again.
                if not is_missing(error) and error_code(error) != "ValidationException":
                    raise
            else:
                requested.add(step)
                continue
        elapsed = time.monotonic() - start
        if elapsed > _LIMIT_SECONDS:
            raise ResourceFailedError(
                f"{kind.noun} {name} is in the way, left by an update that was killed, and is "
                f"still {status or 'there'} {duration(elapsed)} after its removal was asked for. "
                "Delete it in the SageMaker console, then run `pulumi up` again"
            )
        pause(min(max(elapsed / 10, SHORTEST_PAUSE), LONGEST_PAUSE))
