"""What a stack is expected to do in a month: the ground of its cost table and of right-sizing."""

from typing import Annotated

from pydantic import Field

from stacks.section import Section


class UsageSettings(Section):
    """Assumed use, for the cost table of `make preview` and for `make sizing`."""

    training_runs_per_month: Annotated[float, Field(ge=0, le=10000)] = 4
    """How often data is prepared and the model trained (or searched for)."""
    training_minutes: Annotated[float, Field(gt=0, le=40320)] = 10
    """How long a training job (or trial) takes, start of the machine included."""
    prep_minutes: Annotated[float, Field(gt=0, le=2880)] = 10
    """How long a preparation job takes, start of the machines included."""
    monitoring_minutes: Annotated[float, Field(gt=0, le=1440)] = 3
    """How long a comparison of captured requests takes, start of the machines included."""
    storage_gb: Annotated[float, Field(ge=0)] = 10
    """Data kept in all buckets of a cloud together."""
    log_gb_per_month: Annotated[float, Field(ge=0)] = 1
    """Logs written in a cloud in a month."""
    requests_per_second: Annotated[float, Field(gt=0)] = 1
    """Requests of one row each that the endpoint must answer at the busiest time."""
    latency_ms: Annotated[float, Field(gt=0, le=180000)] = 100
    """99th percentile of the time that an answer may take inside the endpoint."""
    model_gb: Annotated[float, Field(gt=0)] = 0.1
    """Memory that the loaded model takes, once in each serving process."""
    milliseconds_per_request: Annotated[float, Field(gt=0)] | None = None
    """Processor time that one request takes, where it was measured; none takes that of
    the sample model. `make sizing ARGS=--probe` measures it on a stack that is up."""
