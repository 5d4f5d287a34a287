"""Code in the artefact bucket, under a key that names its content."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.naming import HASH_LENGTH, Sensitivity
from components.packaging import CodeArchive
from components.tags import with_sensitivity


def upload_code(
    name: str,
    archive: CodeArchive,
    *,
    bucket: pulumi.Input[str],
    file_name: str,
    key_id: pulumi.Input[str],
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> pulumi.Output[str]:
    """Uploads ``archive`` as ``code/<hash>/<file_name>``; returns its ``s3://`` URI.

    New content gets a new key, so that jobs that still run keep the code they started with.
    """
    uploaded = aws.s3.BucketObjectv2(
        name,
        bucket=bucket,
        key=f"code/{archive.sha256[:HASH_LENGTH]}/{file_name}",
        source=archive.asset,
        server_side_encryption="aws:kms",
        kms_key_id=key_id,
        tags=with_sensitivity(tags, Sensitivity.MODEL),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return pulumi.Output.concat("s3://", uploaded.bucket, "/", uploaded.key)
