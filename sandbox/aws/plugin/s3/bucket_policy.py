"""``aws:s3/bucketPolicy:BucketPolicy``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.aws.plugin.rules import policy_text


class BucketPolicy(BucketSetting):
    """The resource policy of a bucket."""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    create_operation = "PutBucketPolicy"
    describe_operation = "GetBucketPolicy"
    delete_operation = "DeleteBucketPolicy"
    body = "Policy"
    immutable = frozenset({"bucket", "region"})
    mutable = frozenset({"policy"})
    rules = (policy_text("policy"),)

    def request(self, inputs: Properties) -> dict[str, Any]:
        return {"Bucket": inputs["bucket"], "Policy": inputs["policy"]}
