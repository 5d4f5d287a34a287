"""What waits, against the sandbox through boto3 as it comes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from components.aws.runs.cloud import forget_clients
from plugin.provider import Context
from tests.sandbox.aws.lake import Lake
from tests.sandbox.aws.sagemaker.calls import SageMaker
from tests.sandbox.running import RunningSandbox


@dataclass
class Operation:
    """One operation's context, and what it reported."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        def log(message: str, severity: str, passing: bool) -> None:
            self.lines.append(message)

        self.context = Context(name="test", log=log)


@pytest.fixture
def operation() -> Operation:
    return Operation()


@pytest.fixture
def reached(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSandbox]:
    """The shared sandbox, which the handlers' own clients reach."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    forget_clients()
    yield sandbox
    forget_clients()


@pytest.fixture
def lake(reached: RunningSandbox) -> Lake:
    return Lake(reached)


@pytest.fixture
def sagemaker(reached: RunningSandbox) -> SageMaker:
    return SageMaker(reached)
