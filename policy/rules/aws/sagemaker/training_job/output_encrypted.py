"""Models hold traces of the data that they learned from."""

from collections.abc import Iterator

from policy.jobs import TRAINING, definitions
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="What a training writes is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=TRAINING,
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("sagemaker_training_jobs_volume_and_output_encryption_enabled",),
    remediation="set output_data_config.kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Tuning jobs and pipelines are held to it for each training that they start."""
    for place, job in definitions(resource):
        if not job.has("outputDataConfig.kmsKeyId"):
            yield f"{place}: outputDataConfig.kmsKeyId is not set"
