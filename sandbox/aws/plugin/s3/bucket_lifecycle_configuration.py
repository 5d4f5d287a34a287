"""``aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.bucket_setting import BucketSetting
from sandbox.plugins.rules import longest, one_of


class BucketLifecycleConfiguration(BucketSetting):
    """Expiry and transitions of objects."""

    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    behaviour = "recorded"
    create_operation = "PutBucketLifecycleConfiguration"
    describe_operation = "GetBucketLifecycleConfiguration"
    delete_operation = "DeleteBucketLifecycle"
    body = "LifecycleConfiguration"
    mutable = frozenset({"rules", "timeouts", "transitionDefaultMinimumObjectSize"})
    local = frozenset({"timeouts", "transitionDefaultMinimumObjectSize"})
    defaults = {"transitionDefaultMinimumObjectSize": "all_storage_classes_128K"}
    rules = (
        one_of("rules[].status", {"Enabled", "Disabled"}),
        longest("rules[].id", 255),
        one_of(
            "transitionDefaultMinimumObjectSize",
            {"all_storage_classes_128K", "varies_by_storage_class"},
        ),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        parameters = super().request(inputs)
        for rule in parameters["LifecycleConfiguration"].get("Rules", ()):
            # S3 wants a filter; an empty prefix means all objects.
            if not rule.get("Filter") and "Prefix" not in rule:
                rule["Filter"] = {"Prefix": ""}
        return parameters
