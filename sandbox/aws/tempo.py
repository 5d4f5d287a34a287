"""How fast the sandbox's background work ticks; every figure can be set for quick tests.

``SANDBOX_MINUTE_SECONDS``: seconds a minute of a job's timeout lasts (60).
``SANDBOX_ALARM_SECONDS``: pause between two evaluations of the alarms (2).
``SANDBOX_SCALING_SECONDS``: pause between two looks of application auto-scaling (2).
``SANDBOX_SCALING_PERIOD``: seconds one data point of target tracking covers
(a minute).
"""

import os


def _seconds(name: str, default: float) -> float:
    try:
        value = float(os.environ.get(name, default))
    except ValueError:
        return default
    return value if value > 0 else default


def minute() -> float:
    """Seconds of a minute of a job's timeout."""
    return _seconds("SANDBOX_MINUTE_SECONDS", 60.0)


def alarm_interval() -> float:
    """Seconds between two evaluations of the alarms."""
    return _seconds("SANDBOX_ALARM_SECONDS", 2.0)


def scaling_interval() -> float:
    """Seconds between two looks of auto-scaling."""
    return _seconds("SANDBOX_SCALING_SECONDS", 2.0)


def scaling_period() -> float:
    """Seconds of one data point of target tracking; the cloud's are minutes."""
    return _seconds("SANDBOX_SCALING_PERIOD", minute())
