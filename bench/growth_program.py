# ruff: noqa: SLF001 - the slice as it is: a bench is no reason to publish its steps
"""The program that `bench.growth` measures: the AWS slice with several models on shared parts.

Keys, lake, alarms, identities and preparation once; training and serving BENCH_MODELS times, each
model with a learning rate of its own. Takes the place of ``__main__.py`` in a throw-away copy.
"""

import gc
import os

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components.aws.keys import Keys, KeysArgs
from stacks import aws
from stacks import settings as stack_settings
from stacks.settings import Settings


def with_learning_rate(settings: Settings, learning_rate: float) -> Settings:
    """The settings of one more model."""
    training = settings.training.model_copy(update={"learning_rate": learning_rate})
    return settings.model_copy(update={"training": training})


def main(models: int) -> None:
    """Declares the shared parts and ``models`` models."""
    gc.disable()  # as the program itself does
    settings = stack_settings.load(
        {**get_config_env(), **CONFIG.get()},
        project=pulumi.get_project(),
        stack=pulumi.get_stack(),
        preview=True,
    )
    assert isinstance(settings, Settings)
    assert settings.aws is not None
    steps = aws._AwsSlice(settings, settings.aws)
    keys = Keys(
        steps.name,
        KeysArgs(account_id=settings.aws.account_id, region=settings.aws.region, tags=steps.tags),
        steps.options,
    )
    lake, watch = steps._lake(keys), steps._watch(keys)
    identity = steps._identity(keys, lake)
    prep = steps._prep(keys, lake, identity, watch, None)
    shared = steps.name
    for number in range(models):
        steps.name = f"{shared}-{number}"
        steps.settings = with_learning_rate(settings, 0.05 + number / 1000)
        training = steps._training(keys, lake, identity, prep, None)
        steps._serving(keys, lake, identity, training, watch, None)


main(int(os.environ["BENCH_MODELS"]))
