"""An access control list can open a single object of a bucket that looks closed."""

from collections.abc import Iterator

from policy.members import PUBLIC
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No access control list of Cloud Storage lets in everybody",
    severity=Severity.CRITICAL,
    types=(
        "gcp:storage/bucketACL:BucketACL",
        "gcp:storage/objectACL:ObjectACL",
        "gcp:storage/defaultObjectACL:DefaultObjectACL",
        "gcp:storage/bucketAccessControl:BucketAccessControl",
        "gcp:storage/objectAccessControl:ObjectAccessControl",
        "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_28",),
    remediation="grant roles to named members instead, and make access uniform",
    link="https://cloud.google.com/storage/docs/access-control/lists",
)


def check(acl: Resource) -> Iterator[str]:
    """A list has `ROLE:entity` items or a predefined name; a single entry has an entity."""
    if not any(acl.has(path) for path in ("entity", "roleEntities", "predefinedAcl")):
        yield "it does not say whom it lets in"
    predefined = acl.get("predefinedAcl", "")
    if predefined.startswith("public") or predefined == "authenticatedRead":
        yield f"predefinedAcl is {predefined}"
    items = [item.partition(":")[2] for item in acl.get("roleEntities", [])]
    for entity in (*items, acl.get("entity")):
        if entity in PUBLIC:
            yield f"it lets in {entity}"
