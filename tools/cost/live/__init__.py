"""The clouds' own price APIs, one module each."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tools import paths
from tools.cost.live.aws import AwsPrices
from tools.cost.live.azure import AzurePrices
from tools.cost.live.cache import Cache
from tools.cost.live.gcp import GcpPrices
from tools.cost.prices import Live

SWITCH: Final = "TRIMARAN_LIVE_PRICES"
"""Set to `off`, the environment variable leaves it at the catalogue's table."""


def apis(environ: Mapping[str, str] = os.environ) -> Mapping[str, Live]:
    """The APIs, each asked about the same thing once a day at most; none when switched off."""
    if environ.get(SWITCH) == "off":
        return {}
    cache = Cache(_file(environ))
    asked: Mapping[str, Live] = {"aws": AwsPrices(), "gcp": GcpPrices(), "azure": AzurePrices()}
    return {cloud: cache.wrap(cloud, ask) for cloud, ask in asked.items()}


def _file(environ: Mapping[str, str]) -> Path:
    return paths.engine_cache(environ).parent / "prices.json"
