"""``aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration``."""

from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.plugins.rules import one_of


class BucketServerSideEncryptionConfiguration(BucketSetting):
    """Default encryption of new objects."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    create_operation = "PutBucketEncryption"
    describe_operation = "GetBucketEncryption"
    delete_operation = "DeleteBucketEncryption"
    body = "ServerSideEncryptionConfiguration"
    get_answer = "ServerSideEncryptionConfiguration"
    mutable = frozenset({"rules"})
    sets = frozenset({"rules"})
    rules = (
        one_of(
            "rules[].applyServerSideEncryptionByDefault.sseAlgorithm",
            {"AES256", "aws:kms", "aws:kms:dsse"},
        ),
    )
