"""Which SageMaker instance types exist, and what sets some of them apart.

The lists are those of the installed botocore's service model, so that they follow its updates.
"""

import difflib
import re
from functools import cache
from typing import Any, Final

from components.aws.botocore_data import load

# Families whose volumes are local NVMe: the cloud encrypts those itself and refuses a
# VolumeKmsKeyId (CreateTrainingJob, ResourceConfig). A `d` after the generation says so in most
# names; the accelerated families below have it without saying.
_LOCAL_STORAGE: Final = re.compile(
    r"^ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|gr6|g7e?|p5e?n?|p6.*|trn\d.*)\."
)
_GPU: Final = re.compile(r"^ml\.(?:p|g)r?\d")


@cache
def _types(shape: str) -> tuple[str, ...]:
    model: dict[str, Any] = load("sagemaker/*/service-2")
    return tuple(model["shapes"][shape]["enum"])


def check_training_type(name: str) -> str:
    """``name``, when training jobs can run on it.

    Raises:
        ValueError: with the nearest types that exist.
    """
    return _check(name, "TrainingInstanceType", "training")


def check_hosting_type(name: str) -> str:
    """``name``, when endpoints can run on it.

    Raises:
        ValueError: with the nearest types that exist.
    """
    return _check(name, "ProductionVariantInstanceType", "hosting")


def has_local_storage(name: str) -> bool:
    """Whether the type's volume is local NVMe, which takes no key of the user's own."""
    return _LOCAL_STORAGE.match(name) is not None


def has_gpu(name: str) -> bool:
    """Whether the type carries GPUs."""
    return _GPU.match(name) is not None


def _check(name: str, shape: str, use: str) -> str:
    known = _types(shape)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or ["ml.m5.large"]
    raise ValueError(
        f"SageMaker has no such {use} instance type; nearest of its {len(known)}: {', '.join(near)}"
    )
