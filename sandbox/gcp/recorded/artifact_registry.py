"""Artifact Registry repositories: recorded; no images are stored."""

from sandbox.gcp.context import Context
from sandbox.gcp.recorded.collection import Collection


def install(context: Context) -> None:
    """Repositories of a location."""
    Collection(
        context=context,
        version="/v1",
        parent="projects/{project}/locations/{location}",
        name="repositories",
        id_parameter="repositoryId",
        id_pattern=r"[a-z][a-z0-9-]{1,62}",
        immutable=("format", "kmsKeyName"),
        policy=True,
        operation="google.devtools.artifactregistry.v1.Repository",
    )
