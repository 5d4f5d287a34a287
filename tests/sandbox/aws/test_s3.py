"""S3 where moto answers otherwise than the cloud."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.running import RunningSandbox


def test_a_versioned_object_goes_with_its_delete_marker(sandbox: RunningSandbox) -> None:
    s3 = sandbox.client("s3")
    bucket = f"b{uuid.uuid4().hex[:10]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="k")
    listed = s3.list_object_versions(Bucket=bucket)
    every = [
        {"Key": item["Key"], "VersionId": item["VersionId"]}
        for item in listed["Versions"] + listed["DeleteMarkers"]
    ]
    assert len(every) == 2
    for order in (every, every[::-1]):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": order})
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize(("allowed", "accepted"), [("access/*", True), ("other/*", False)])
def test_access_logs_go_where_the_targets_policy_lets_them(
    sandbox: RunningSandbox, allowed: str, accepted: bool
) -> None:
    s3 = sandbox.client("s3")
    source, target = (f"{name}{uuid.uuid4().hex[:10]}" for name in ("source", "target"))
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{target}/{allowed}",
    }
    everyone = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{target}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [everyone, statement]}
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps(policy))
    logging = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "access/source/"}}
    if accepted:
        s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=logging)
        assert s3.get_bucket_logging(Bucket=source)["LoggingEnabled"]["TargetBucket"] == target
    else:
        with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
            s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=logging)
