"""The settings of scaling, in the terms of the component that serves."""

from components.aws.serving import Scaling
from components.off_hours import Reduction
from stacks.aws_settings import AwsSettings, InstanceBounds
from stacks.settings import Settings


def scaling_of(settings: Settings, aws_settings: AwsSettings) -> Scaling | None:
    """How the number of instances changes; None: it does not."""
    scaling = aws_settings.serving.autoscaling
    if scaling is None:
        return None
    reduction = None
    if settings.off_hours is not None:
        reduced = scaling.off_hours or InstanceBounds(max_instances=scaling.min_instances)
        reduction = Reduction(
            hours=settings.off_hours.hours,
            least=reduced.min_instances,
            most=reduced.max_instances,
        )
    shrinks = aws_settings.watch.idle_action == "scale-to-minimum"
    return Scaling(
        off_hours=reduction,
        idle_days=aws_settings.watch.idle_days if shrinks else None,
        **scaling.model_dump(exclude={"off_hours"}),
    )
