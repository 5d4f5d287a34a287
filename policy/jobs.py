"""SageMaker's training work, however it is declared: a job, a tuning job, a pipeline's step."""

import re
from collections.abc import Iterator
from typing import Any, Final

from policy.resource import Resource

TRAINING: Final = (
    "aws:sagemaker/trainingJob:TrainingJob",
    "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob",
    "aws:sagemaker/pipeline:Pipeline",
)

# Families whose volumes are local NVMe: the cloud encrypts those itself and refuses a
# VolumeKmsKeyId (CreateTrainingJob, ResourceConfig). A `d` after the generation says so in most
# names; the accelerated families below have it without saying.
_LOCAL_STORAGE: Final = re.compile(
    r"^ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|gr6|g7e?|p5e?n?|p6.*|trn\d.*)\."
)


def has_local_storage(instance_type: str) -> bool:
    """Whether an instance type's volume takes no key of one's own."""
    return _LOCAL_STORAGE.match(instance_type) is not None


def definitions(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """Each training definition with its place, as if it were a training job of its own."""
    if resource.type == TRAINING[0]:
        yield "it", resource
    elif resource.type == TRAINING[1]:
        for path in ("trainingJobDefinition", "trainingJobDefinitions"):
            for index, block in enumerate(resource.blocks(path)):
                yield f"{path} {index}", _as_job(resource, block)
    else:
        steps = (resource.document("pipelineDefinition") or {}).get("Steps", [])
        for step in steps:
            arguments = _camel(step.get("Arguments", {}))
            if step.get("Type") == "Training":
                yield f"step {step.get('Name')}", _as_job(resource, arguments)
            elif step.get("Type") == "Tuning":
                found = arguments.get("trainingJobDefinition", {})
                yield f"step {step.get('Name')}", _as_job(resource, found)


def _as_job(resource: Resource, inputs: dict[str, Any]) -> Resource:
    return Resource(
        urn=resource.urn, token=TRAINING[0], name=resource.name, inputs=inputs, facts=resource.facts
    )


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value
