"""When a trial of a sweep is not worth going on: Azure ML's three policies.

https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#early-termination
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.errors import JobError

POLICIES: Final = ("Bandit", "MedianStopping", "TruncationSelection")


def check(policy: Mapping[str, Any] | None) -> None:
    """Refuse a policy that cannot be.

    Raises:
        JobError: says why.
    """
    if not policy:
        return
    kind = policy.get("policyType")
    if kind not in POLICIES:
        raise JobError(f"earlyTermination.policyType {kind!r} is none of {', '.join(POLICIES)}")
    if kind == "Bandit" and not (policy.get("slackFactor") or policy.get("slackAmount")):
        raise JobError("a Bandit policy needs slackFactor or slackAmount")
    if (
        kind == "TruncationSelection"
        and not 1 <= int(policy.get("truncationPercentage") or 0) <= 99
    ):
        raise JobError("truncationPercentage must be from 1 to 99")


def hopeless(
    policy: Mapping[str, Any] | None,
    trial: Sequence[float],
    others: Sequence[Sequence[float]],
    *,
    maximize: bool,
) -> bool:
    """Whether to end a trial.

    Args:
        trial: what it reported of the primary metric, in order.
        others: what each other trial did.
    """
    interval = int((policy or {}).get("evaluationInterval") or 1)
    delay = int((policy or {}).get("delayEvaluation") or 0)
    count = len(trial)
    if not policy or count <= delay or count % interval or not others:
        return False
    sign = 1.0 if maximize else -1.0
    own = max(sign * value for value in trial)
    rivals = [max(sign * value for value in other[:count]) for other in others if other]
    if not rivals:
        return False
    if policy["policyType"] == "Bandit":
        best = max(rivals)
        if policy.get("slackAmount"):
            return own < best - float(policy["slackAmount"])
        factor = 1.0 + float(policy["slackFactor"])
        # As documented: what falls short of the best divided (or, below zero, multiplied) by it.
        return own < (best / factor if best >= 0 else best * factor)
    if policy["policyType"] == "MedianStopping":
        means = [
            statistics.fmean(sign * value for value in other[:count])
            for other in others
            if len(other) >= count
        ]
        return bool(means) and own < statistics.median(means)
    whole = [max(sign * v for v in other[:count]) for other in others if len(other) >= count]
    worse = sum(rival < own for rival in whole)
    share = float(policy["truncationPercentage"]) / 100
    return len(whole) >= 2 and worse < int(share * (len(whole) + 1))
