"""Reports to a tuning service of Vertex AI, in the file that cloudml-hypertune writes.

The file is the contract (https://github.com/GoogleCloudPlatform/cloudml-hypertune): one JSON object
a line, the last hundred. Writing it needs no package in the image.
"""

import json
import os
import time
from collections import deque
from pathlib import Path

_FILE = "/tmp/hypertune/output.metrics"  # noqa: S108 - where the service looks
_KEPT = 100
_lines: deque[str] = deque(maxlen=_KEPT)


def report_metric(name: str, value: float, *, step: int) -> None:
    """Tell the metric of a trial after `step`; outside of a trial nothing happens."""
    trial = os.environ.get("CLOUD_ML_TRIAL_ID")
    if not trial:
        return
    entry = {
        "timestamp": time.time(),
        "trial": trial,
        name: str(float(value)),
        "global_step": str(step),
        "checkpoint_path": "",
    }
    _lines.append(json.dumps(entry, sort_keys=True))
    path = Path(os.environ.get("CLOUD_ML_HP_METRIC_FILE", _FILE))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in _lines), encoding="utf-8")
