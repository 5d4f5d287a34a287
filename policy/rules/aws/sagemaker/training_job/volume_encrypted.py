"""Training data and checkpoints lie on the nodes' volumes."""

from collections.abc import Iterator

from policy.jobs import TRAINING, definitions, has_local_storage
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="The volumes of a training are encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=TRAINING,
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("sagemaker_training_jobs_volume_and_output_encryption_enabled",),
    remediation="set resource_config.volume_kms_key_id",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Local NVMe takes no key of one's own; the hardware encrypts it."""
    for place, job in definitions(resource):
        if (
            not job.has("resourceConfig.volumeKmsKeyId")
            and not job.has("hyperParameterTuningResourceConfig.volumeKmsKeyId")
            and not has_local_storage(job.get("resourceConfig.instanceType", ""))
        ):
            yield f"{place}: resourceConfig.volumeKmsKeyId is not set"
