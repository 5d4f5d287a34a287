"""``aws:s3/bucketLogging:BucketLogging``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.aws.plugin.cloud import Cloud


class BucketLogging(BucketSetting):
    """Access logs of a bucket."""

    token = "aws:s3/bucketLogging:BucketLogging"
    behaviour = "recorded"
    create_operation = "PutBucketLogging"
    describe_operation = "GetBucketLogging"
    body = "BucketLoggingStatus"
    get_answer = "LoggingEnabled"
    mutable = frozenset({"targetBucket", "targetGrants", "targetObjectKeyFormat", "targetPrefix"})
    sets = frozenset({"targetGrants"})

    def request(self, inputs: Properties) -> dict[str, Any]:
        wrapped = {name: value for name, value in inputs.items() if name not in self.mutable}
        wrapped["loggingEnabled"] = {
            name: value for name, value in inputs.items() if name in self.mutable
        }
        return super().request(wrapped)

    def content(self, answer: Any, source: Any, known: Properties) -> dict[str, Any] | None:
        return super().content(answer, source, known) if answer else None

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("s3", "put_bucket_logging", Bucket=resource_id, BucketLoggingStatus={})
