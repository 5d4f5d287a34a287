"""What the sandbox adds to moto's S3: `objects` for its own services, conditions in policies."""

from sandbox.aws.context import Context
from sandbox.aws.s3 import policies


def install(context: Context) -> None:  # noqa: ARG001 - every extension is installed alike
    """Plug in; nothing here needs the context."""
    policies.install()
