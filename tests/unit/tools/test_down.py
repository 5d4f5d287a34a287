"""`make down` says what is left, and what the clouds keep whatever one does."""

import re
from typing import Any

from tests.unit.declared import declare_azure, declare_both
from tools.down import STAYING, remaining, staying


def test_down_names_what_is_left() -> None:
    assert remaining({"deployment": None}) == []
    assert remaining({"deployment": {"resources": [{"urn": "urn:a"}]}}) == ["urn:a"]


def resource(token: str, resource_id: str, **outputs: Any) -> dict[str, Any]:
    return {"type": token, "id": resource_id, "urn": "u", "outputs": outputs}


def test_what_the_clouds_keep_is_listed_with_what_becomes_of_it() -> None:
    resources = [
        resource("gcp:kms/keyRing:KeyRing", "projects/p/locations/l/keyRings/r"),
        resource("aws:kms/key:Key", "1234", deletionWindowInDays=30),
        resource("aws:s3/bucket:Bucket", "raw"),
    ]
    assert staying({"deployment": {"resources": resources}}) == [
        "1234 (KMS key, deleted after 30 days)",
        "projects/p/locations/l/keyRings/r (key ring, never deleted, free of charge)",
    ]
    assert staying({"deployment": None}) == []
    left = staying({"deployment": {"resources": resources}}, purged={"1234"})
    assert [line.partition(" ")[0] for line in left] == ["projects/p/locations/l/keyRings/r"]


def test_what_the_lines_say_is_declared() -> None:
    ci = {"gcp": {"ci": {"repository": "acme/ml"}}}
    resources = [*declare_both("local", ci).resources, *declare_azure("local").resources]
    for token, line in STAYING.items():
        declared = [one for one in resources if one.token == token]
        assert declared, token
        for name in re.findall(r"{(\w+)}", line):
            assert all(name in one.inputs for one in declared), name
