"""Percentiles such as ``p99`` in answers with metrics: moto knows the five simple statistics."""

from typing import Final

from moto.cloudwatch.models import Statistics

from sandbox.aws.cloudwatch.readings import value_of

_MOTOS_METHOD: Final = "get_statistics_for_type"


def install() -> None:
    """Puts the alarms' own arithmetic in the place of moto's."""
    setattr(Statistics, _MOTOS_METHOD, lambda self, name: value_of(self.metric_data, name))
