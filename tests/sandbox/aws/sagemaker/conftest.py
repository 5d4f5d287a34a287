"""SageMaker of the shared sandbox."""

import pytest

from tests.sandbox.aws.sagemaker.calls import SageMaker
from tests.sandbox.running import RunningSandbox


@pytest.fixture
def sagemaker(sandbox: RunningSandbox) -> SageMaker:
    """Requests to the shared sandbox."""
    return SageMaker(sandbox)
