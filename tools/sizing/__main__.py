"""`make sizing`: which instances a stack's load needs, in each cloud, and why."""

import argparse
import os

from catalogue import Cloud
from stacks.settings import Settings
from tools import paths, predictors
from tools.cost import live
from tools.cost.prices import Prices
from tools.cost.report import platform_settings
from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.sizing.advice import chosen, warnings
from tools.sizing.probe import probe
from tools.sizing.propose import Impossible, propose
from tools.stack import Stack


def main() -> int:
    """`python -m tools.sizing [--stack NAME] [--probe [--seconds N]]`."""
    parser = argparse.ArgumentParser(prog="make sizing")
    parser.add_argument("--stack", default=LOCAL)
    parser.add_argument(
        "--probe", action="store_true", help="measure the time of a request on the endpoints"
    )
    parser.add_argument("--seconds", type=float, default=5, help="of measuring, for each endpoint")
    given = parser.parse_args()
    require_stack(given.stack)
    settings = platform_settings(given.stack, paths.PROJECT)
    measured = _measured(given.stack, settings, given.seconds) if given.probe else {}
    prices = Prices(live=live.apis())
    for cloud in settings.clouds:
        _show(cloud, settings, prices, measured.get(cloud))
    print(f"\nPrices: {prices.age()}.")
    for warning in warnings(settings, prices):
        print(f"warning: {warning}")
    return 0


def _show(cloud: Cloud, settings: Settings, prices: Prices, milliseconds: float | None) -> None:
    usage = settings.usage
    if milliseconds is not None:
        usage = usage.model_copy(update={"milliseconds_per_request": round(milliseconds, 2)})
    now = chosen(settings, cloud)
    print(f"\n{cloud}: configured {f'{now.count} × {now.type}' if now else 'no instances'}")
    try:
        found = propose(cloud, usage, prices, getattr(settings, cloud).region)
    except Impossible as impossible:
        print(f"  nothing fits: {impossible}")
        return
    cost = "no price" if found.fit.month is None else f"{found.fit.month:,.2f} USD a month"
    print(f"  proposed {found.fit.count} × {found.fit.instance.type} ({cost})")
    for reason in found.reasons:
        print(f"  · {reason}")


def _measured(name: str, settings: Settings, seconds: float) -> dict[str, float]:
    """The median milliseconds of a request, by cloud. Raises ToolError where none answers."""
    stack = Stack(name=name)
    stack.require_sandbox()
    os.environ.update(stack.environ)  # for the clouds' SDKs, which look nowhere else
    outputs = stack.outputs(show_secrets=True)
    rows = [settings.data.example_row]
    found: dict[str, float] = {}
    for cloud in settings.clouds:
        own = outputs.get(cloud) or {}
        for way, ask in predictors.ways(cloud, own).items():
            try:
                times = probe(lambda ask=ask, own=own: ask(own, rows), seconds=seconds)  # type: ignore[misc]
            except predictors.PredictionFailed as failure:
                raise ToolError(f"{cloud}: {way}: {failure}", remedy="`make predict`") from None
            print(
                f"{cloud} {way}: {times.requests} requests one by one: mean {times.mean:.2f} ms, "
                f"median {times.p50:.2f} ms, 99th percentile {times.p99:.2f} ms (client included)"
            )
            found[cloud] = times.p50
    if not found:
        raise ToolError(f"stack {name} has no endpoint to measure", remedy="`make up`")
    return found


if __name__ == "__main__":
    run_main(main)
