"""The pack in the real engine: it refuses a bad stack, before it is made where that is possible."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.policy import engine
from tests.policy.engine import Declared, Program
from tools import paths

pytestmark = pytest.mark.e2e

KEY = Declared(type="aws:kms/key:Key", name="key", props={"enableKeyRotation": False})
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BLOCKS = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)
ROTATION = "aws/kms/key/rotation"
TODAY = dt.datetime.now(dt.UTC).date()
TAGS = {"owner": "ml", "data-class": "public", "purpose": "research"}

# One violation a family of rules, each by a resource that has nothing but it.
FAMILIES = {
    "aws/sagemaker/model/network_isolation": ("aws:sagemaker/model:Model", {}),
    "aws/s3/bucket/no_public_acl": ("aws:s3/bucketV2:BucketV2", {"acl": "public-read"}),
    "aws/kms/key/enabled": ("aws:kms/key:Key", {"isEnabled": False}),
    "aws/glue/connection/no_secrets": (
        "aws:glue/connection:Connection",
        {"connectionProperties": {"PASSWORD": "hunter2"}},  # pragma: allowlist secret
    ),
    "aws/athena/workgroup/encrypted": ("aws:athena/workgroup:Workgroup", {}),
    "aws/cloudtrail/trail/multi_region": ("aws:cloudtrail/trail:Trail", {}),
    "aws/iam/policy/no_full_admin": (
        "aws:iam/policy:Policy",
        {"policy": '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'},
    ),
    "aws/cloudwatch/log_group/retention_set": ("aws:cloudwatch/logGroup:LogGroup", {}),
    "aws/ecr/repository/immutable_tags": ("aws:ecr/repository:Repository", {}),
    "aws/secretsmanager/secret/encrypted": ("aws:secretsmanager/secret:Secret", {}),
    "aws/sns/topic/encrypted": ("aws:sns/topic:Topic", {}),
    "gcp/kms/crypto_key/rotation": ("gcp:kms/cryptoKey:CryptoKey", {}),
    "azure/storage/account/no_shared_key": (
        "azure-native:storage/v20230101:StorageAccount",
        {"allowSharedKeyAccess": True},
    ),
    "common/required_tags": ("gcp:storage/bucket:Bucket", {"labels": {"owner": "ml"}}),
    "common/residency": (
        "azure-native:storage/v20230101:StorageAccount",
        {"tags": {"data-class": "restricted"}, "location": "eastus"},
    ),
    # pragma: allowlist nextline secret
    "common/no_plain_secrets": ("aws:ec2/vpc:Vpc", {"tags": {"api_key": "c2VjcmV0LXNlY3JldA"}}),
    "common/training_time_limit": ("aws:sagemaker/trainingJob:TrainingJob", {}),
}
# Those that need the other resources are told when all are declared, so these stand alone.
AMONG_OTHERS = {
    "aws/ec2/vpc/flow_logs": ("aws:ec2/vpc:Vpc", {}),
    "aws/s3/bucket/tls_only": ("aws:s3/bucket:Bucket", {"tags": TAGS}),
    "common/objects_expire": ("aws:s3/bucketV2:BucketV2", {"tags": TAGS}),
}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    yield from engine.program(tmp_path / "program")


def test_a_preview_of_a_bad_stack_names_resource_and_rule(program: Program) -> None:
    program.write([KEY])

    ran = program.preview()

    assert ran.status != 0, ran.text
    assert ROTATION in ran.text
    assert "key: enableKeyRotation is not on" in ran.text


def test_what_is_unknown_in_the_preview_is_told_and_checked_at_up(program: Program) -> None:
    first = Declared(type="aws:s3/bucket:Bucket", name="first", props={"tags": TAGS})
    notebook = Declared(
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        name="notebook",
        props={
            "directInternetAccess": {"$id": "first"},
            "tags": TAGS,
        },
    )
    program.write([first, notebook])

    preview, up = program.preview(), program.up()

    rule = "aws/sagemaker/notebook_instance/no_direct_internet"
    assert rule in preview.text, preview.text
    assert "directInternetAccess is not known before the update: checked at up" in preview.text
    assert "is first-id, not Disabled" in up.text, up.text
    assert up.status != 0


@pytest.mark.parametrize("families", [FAMILIES, AMONG_OTHERS], ids=["alone", "among others"])
def test_a_rule_of_every_family_refuses(
    program: Program, families: dict[str, tuple[str, dict[str, object]]]
) -> None:
    declared = [
        Declared(type=kind, name=f"bad-{number}", props=props)
        for number, (kind, props) in enumerate(families.values())
    ]
    program.write(declared)

    ran = program.preview()

    assert ran.status != 0
    told = [line for line in ran.text.splitlines() if "[mandatory]" in line]
    for number, rule in enumerate(families):
        assert any(rule in line and f"bad-{number})" in line for line in told), (rule, ran.text)


def test_what_belongs_together_is_recognised_before_ids_are_known(program: Program) -> None:
    bucket = Declared(type="aws:s3/bucket:Bucket", name="bucket", props={"tags": TAGS})
    block = Declared(type=BLOCK, name="block", props={**BLOCKS, "bucket": {"$id": "bucket"}})
    program.write([bucket, block], policy={"frameworks": ["gdpr"]})

    preview = program.preview()
    program.write([bucket], policy={"frameworks": ["gdpr"]})
    without = program.preview()

    rule = "aws/s3/bucket/public_access_blocked"
    assert "aws/s3/bucket/tls_only" in preview.text, preview.text
    assert rule not in preview.text, preview.text
    assert rule in without.text, without.text


def test_an_exemption_lets_pass_until_its_day_is_over(program: Program) -> None:
    program.write([KEY], **_exempt(TODAY))
    holds = program.preview()
    program.write([KEY], **_exempt(TODAY - dt.timedelta(days=1)))
    over = program.preview()
    program.write([KEY], **_exempt(TODAY, rule="aws/kms/key/rotated"))
    unknown = program.preview()

    assert f"exempt until {TODAY}: imported from an HSM" in holds.text, holds.text
    assert not [
        line for line in holds.text.splitlines() if "[mandatory]" in line and ROTATION in line
    ]
    assert over.status != 0
    assert "expired" in over.text, over.text
    assert unknown.status != 0
    assert "aws/kms/key/rotated" in unknown.text, unknown.text


def test_a_rule_that_crashes_or_does_not_load_blocks_and_is_named(
    program: Program, tmp_path: Path
) -> None:
    program.pack = tmp_path / "pack" / "policy"
    shutil.copytree(engine.PACK, program.pack)
    (tmp_path / "pack" / ".venv").symlink_to(paths.venv())
    (tmp_path / ".venv").symlink_to(paths.venv())
    broken = program.pack / "rules" / "aws" / "kms" / "key" / "rotation.py"
    text = broken.read_text()
    program.write([KEY])

    broken.write_text(text.replace('resource.get("enableKeyRotation")', "1 / 0"))
    crashed = program.preview()
    broken.write_text("this is no Python")
    unloaded = program.preview()

    assert crashed.status != 0
    assert f"rule {ROTATION} crashed" in crashed.text, crashed.text
    assert unloaded.status != 0
    assert ROTATION in unloaded.text, unloaded.text


def _exempt(expires: dt.date, rule: str = ROTATION) -> dict[str, object]:
    exemption = {"resource": "key", "rule": rule, "reason": "imported from an HSM"}
    return {"policy": {"exemptions": [{**exemption, "expires": expires.isoformat()}]}}
