"""The search for hyper-parameters, as an Azure ML sweep job.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.jobs import Runtime, input_folders, output_folders
from components.search import Search

ml = azure.machinelearningservices

OBJECTIVE: Final = "accuracy"
"""The metric that model_code/train.py logs after each epoch: accuracy on validation."""
_FIRST_LOOK: Final = 5


def sweep_job(
    runtime: Runtime,
    search: Search,
    *,
    experiment: str,
    display_name: str,
    command: pulumi.Input[str],
    inputs: Mapping[str, pulumi.Input[str]],
    outputs: Mapping[str, pulumi.Input[str]],
    seed: int,
    tags: Mapping[str, str],
) -> azure.machinelearningservices.SweepJobArgs:
    """Trials of ``command``, whose parameters come from the search space."""
    early = (
        ml.MedianStoppingPolicyArgs(
            policy_type="MedianStopping", evaluation_interval=1, delay_evaluation=_FIRST_LOOK
        )
        if search.early_stopping
        else None
    )
    rounds = -(-search.max_trials // search.parallel_trials)
    return ml.SweepJobArgs(
        job_type="Sweep",
        display_name=display_name,
        experiment_name=experiment,
        compute_id=runtime.compute_id,
        identity=ml.ManagedIdentityArgs(
            identity_type="Managed", client_id=runtime.identity.client_id
        ),
        objective=ml.ObjectiveArgs(goal=ml.Goal.MAXIMIZE, primary_metric=OBJECTIVE),
        search_space=search_space(search),
        sampling_algorithm=_sampling(search, seed),
        early_termination=early,
        trial=ml.TrialComponentArgs(
            command=command,
            code_id=runtime.code_id,
            environment_id=runtime.environment_id,
            resources=ml.JobResourceConfigurationArgs(instance_count=1),
        ),
        inputs=input_folders(inputs),
        outputs=output_folders(outputs),
        limits=ml.SweepJobLimitsArgs(
            job_limits_type="Sweep",
            max_total_trials=search.max_trials,
            max_concurrent_trials=search.parallel_trials,
            timeout=f"PT{runtime.timeout_minutes * rounds}M",
            trial_timeout=f"PT{runtime.timeout_minutes}M",
        ),
        tags=tags,
    )


def search_space(search: Search) -> dict[str, Any]:
    """The space in the API's form: a distribution and its arguments, for each parameter."""
    low, high = search.learning_rate
    rate: list[Any] = ["uniform", [low, high]]
    if search.log_scale:
        # The bounds of the exponent: values lie between exp(min) and exp(max).
        rate = ["loguniform", [math.log(low), math.log(high)]]
    return {"learning_rate": rate, "batch_size": ["choice", [list(search.batch_sizes)]]}


def _sampling(
    search: Search, seed: int
) -> (
    azure.machinelearningservices.BayesianSamplingAlgorithmArgs
    | azure.machinelearningservices.RandomSamplingAlgorithmArgs
):
    # Bayesian sampling knows choice, uniform and quniform only.
    if search.log_scale:
        return ml.RandomSamplingAlgorithmArgs(
            sampling_algorithm_type="Random",
            rule=ml.RandomSamplingAlgorithmRule.SOBOL,
            seed=seed,
        )
    return ml.BayesianSamplingAlgorithmArgs(sampling_algorithm_type="Bayesian")


def best_value(parameters: Mapping[str, str], name: str) -> str:
    """One parameter of the best trial, which the service prefixes in some of its answers."""
    return parameters[name] if name in parameters else parameters[f"search_space.{name}"]
