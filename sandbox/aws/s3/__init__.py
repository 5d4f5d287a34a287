"""What the sandbox adds to moto's S3: `objects` for its own services, and policies as they are."""

from sandbox.aws.context import Context
from sandbox.aws.s3 import access_logs, delete_markers, policies


def install(context: Context) -> None:  # noqa: ARG001 - every extension is installed alike
    """Plug in; nothing here needs the context."""
    access_logs.install()
    delete_markers.install()
    policies.install()
