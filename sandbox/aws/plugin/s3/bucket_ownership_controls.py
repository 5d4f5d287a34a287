"""``aws:s3/bucketOwnershipControls:BucketOwnershipControls``."""

from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.plugins.rules import one_of


class BucketOwnershipControls(BucketSetting):
    """Who owns uploaded objects."""

    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    create_operation = "PutBucketOwnershipControls"
    describe_operation = "GetBucketOwnershipControls"
    delete_operation = "DeleteBucketOwnershipControls"
    body = "OwnershipControls"
    get_answer = "OwnershipControls"
    immutable = frozenset({"bucket", "region"})
    mutable = frozenset({"rule"})
    rules = (
        one_of(
            "rule.objectOwnership",
            {"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"},
        ),
    )
