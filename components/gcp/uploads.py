"""Code in the artefact bucket, under a name that names its content."""

import pulumi
import pulumi_gcp as gcp

from components.naming import HASH_LENGTH
from components.packaging import CodeArchive


def upload_code(
    name: str,
    archive: CodeArchive,
    *,
    bucket: pulumi.Input[str],
    file_name: str,
    parent: pulumi.Resource,
) -> pulumi.Output[str]:
    """Uploads ``archive`` as ``code/<hash>/<file_name>``; returns its ``gs://`` URI.

    New content gets a new name, so that jobs that still run keep the code they started with. The
    bucket's own key encrypts it.
    """
    uploaded = gcp.storage.BucketObject(
        name,
        bucket=bucket,
        name=f"code/{archive.sha256[:HASH_LENGTH]}/{file_name}",
        source=archive.asset,
        # The provider would delete what has a name of our own before it makes the new one, and
        # all that depends on it. Here the name is new as well.
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=False),
    )
    return pulumi.Output.concat("gs://", uploaded.bucket, "/", uploaded.name)
