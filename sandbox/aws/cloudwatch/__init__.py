"""CloudWatch that watches: alarms are evaluated over the metrics, actions are published.

`readings` turns metrics into one value a period, `expressions` is metric math and composite
rules, `evaluation` decides a state, `alarms` is the wire layer and the loop.
"""

from sandbox.aws.cloudwatch.alarms import install

__all__ = ["install"]
