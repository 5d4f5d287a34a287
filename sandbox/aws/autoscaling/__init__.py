"""Application auto-scaling that scales: schedules fire, target tracking changes capacity.

`targets` keeps scalable targets and what belongs to them, `schedules` reads cron, at and rate,
`capacity` changes a variant through SageMaker, `tracking` decides how many instances are wanted,
`operations` is the wire layer and the loop.
"""

from sandbox.aws.autoscaling.operations import install

__all__ = ["install"]
