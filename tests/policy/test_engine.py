"""The pack in the real engine: it refuses a bad stack, before it is made where that is possible."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.policy import engine
from tests.policy.engine import Declared, Program

pytestmark = pytest.mark.e2e

KEY = Declared(type="aws:kms/key:Key", name="key", props={"enableKeyRotation": False})
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
ROTATION = "aws/kms/key/rotation"
TOMORROW = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)).isoformat()


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
    first = Declared(type="aws:s3/bucket:Bucket", name="first", props={})
    trail = Declared(
        type="aws:sagemaker/notebookInstance:NotebookInstance",
        name="notebook",
        props={"directInternetAccess": {"$id": "first"}},
    )
    program.write([first, trail])

    preview, up = program.preview(), program.up()

    rule = "aws/sagemaker/notebook_instance/no_direct_internet"
    assert rule in preview.text, preview.text
    assert "directInternetAccess is not known before the update: checked at up" in preview.text
    assert "is first-id, not Disabled" in up.text, up.text
    assert up.status != 0


def _exempt(**changed: str) -> dict[str, object]:
    given = {"resource": "key", "rule": ROTATION, "reason": "imported from an HSM"}
    return {"exemptions": [{**given, "expires": TOMORROW, **changed}]}
