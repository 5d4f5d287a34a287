"""``aws:glue/securityConfiguration:SecurityConfiguration``."""

from sandbox.aws.plugin.glue_resource import GlueResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, one_of


class SecurityConfiguration(GlueResource):
    """How Glue encrypts what a job writes; never changed, always replaced."""

    token = "aws:glue/securityConfiguration:SecurityConfiguration"
    behaviour = "recorded"
    auto_name = AutoName("name", 255)
    create_operation = "CreateSecurityConfiguration"
    describe_operation = "GetSecurityConfiguration"
    delete_operation = "DeleteSecurityConfiguration"
    identity = "Name"
    answer = "SecurityConfiguration"
    immutable = frozenset({"encryptionConfiguration", "name", "region"})
    rules = (
        longest("name", 255),
        one_of(
            "encryptionConfiguration.cloudwatchEncryption.cloudwatchEncryptionMode",
            {"DISABLED", "SSE-KMS"},
        ),
        one_of(
            "encryptionConfiguration.jobBookmarksEncryption.jobBookmarksEncryptionMode",
            {"DISABLED", "CSE-KMS"},
        ),
        one_of(
            "encryptionConfiguration.s3Encryption.s3EncryptionMode",
            {"DISABLED", "SSE-KMS", "SSE-S3"},
        ),
    )
