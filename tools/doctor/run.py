"""Runs the checks at the same time, each with a time limit."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tools.doctor import registry
from tools.doctor.case import Case
from tools.doctor.finding import Finding, Status, warn
from tools.doctor.refusals import told
from tools.doctor.registry import Check

SECONDS: Final = 60.0
"""That the checks of one round may take; they run side by side."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A finding with where it belongs: a cloud, or `stack`."""

    cloud: str
    check: str
    finding: Finding


Task = tuple[str, Check]


def examined(case: Case, *, unreachable: Mapping[str, Finding]) -> list[Result]:
    """All findings, by cloud and in the registry's order.

    unreachable: clouds that cannot be asked at all, with what is to be said of them.
    """
    clouds = case.settings.clouds
    first: list[Task] = [("stack", check) for check in registry.STACK]
    for cloud in clouds:
        first += [(cloud, check) for check in registry.offline(cloud)]
        if cloud not in unreachable:
            first.append((cloud, registry.IDENTITY[cloud]))
    results = _round(case, first)
    barred = {one.cloud for one in results if one.check == "credentials" and _bars(one.finding)}
    results += [
        Result(cloud=cloud, check="credentials", finding=found)
        for cloud, found in unreachable.items()
    ]
    asked = [cloud for cloud in clouds if cloud not in unreachable and cloud not in barred]
    results += _round(case, [(cloud, check) for cloud in asked for check in registry.ONLINE[cloud]])
    order = ["stack", *clouds]
    return sorted(results, key=lambda one: order.index(one.cloud))


def _bars(finding: Finding) -> bool:
    return finding.status is not Status.OK


def _round(case: Case, tasks: Sequence[Task], seconds: float = SECONDS) -> list[Result]:
    answers: queue.Queue[tuple[int, list[Finding]]] = queue.Queue()
    for number, (cloud, check) in enumerate(tasks):
        # Daemons: what hangs in a library does not keep anybody waiting at the end.
        threading.Thread(
            target=_answer, args=(answers, number, _asking(case, cloud, check)), daemon=True
        ).start()
    found: dict[int, list[Finding]] = {}
    deadline = time.monotonic() + seconds
    while len(found) < len(tasks):
        try:
            number, findings = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[number] = findings
    results = []
    for number, (cloud, check) in enumerate(tasks):
        late = warn(f"no answer in {seconds:.0f} s", cloud, "check the network, try again")
        results += [
            Result(cloud=cloud, check=check.name, finding=finding)
            for finding in found.get(number, [late])
        ]
    return results


def _answer(
    answers: "queue.Queue[tuple[int, list[Finding]]]", number: int, ask: Callable[[], list[Finding]]
) -> None:
    answers.put((number, ask()))


def _asking(case: Case, cloud: str, check: Check) -> Callable[[], list[Finding]]:
    def ask() -> list[Finding]:
        findings: list[Finding] = []
        try:
            findings += check.run(case)
        except Exception as error:  # noqa: BLE001 - SDKs raise anything; one check must not end all
            findings.append(
                told(
                    error,
                    cloud=cloud,
                    thing=check.name,
                    place=_place(case, cloud),
                    permission=check.permission,
                )
            )
        return findings

    return ask


def _place(case: Case, cloud: str) -> str:
    places = {
        "aws": lambda: f"account {case.aws.account_id}",
        "gcp": lambda: f"project {case.gcp.project_id}",
        "azure": lambda: f"subscription {case.azure.subscription_id}",
    }
    return places[cloud]() if cloud in places else f"stack {case.stack}"


def worst(results: Iterable[Result]) -> Status:
    """The gravest status."""
    order = list(Status)
    return max((one.finding.status for one in results), key=order.index, default=Status.OK)
