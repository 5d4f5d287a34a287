from tests.policy.case import PASS, Beside, Case

BUCKET = "gcp:storage/bucket:Bucket"
SINK = "gcp:logging/projectSink:ProjectSink"
DAY = 24 * 60 * 60
DELETE = {"action": {"type": "Delete"}, "condition": {"age": 365}}
OLD = {"action": {"type": "Delete"}, "condition": {"age": 30, "withState": "ARCHIVED"}}
ABORT = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}}
PUBLIC = ("allUsers", "allAuthenticatedUsers")

CASES = [
    Case(
        rule="gcp/storage/bucket/public_access_prevented",
        type=BUCKET,
        good={"publicAccessPrevention": "enforced"},
        at="publicAccessPrevention",
        bad=("inherited", ""),
    ),
    Case(
        rule="gcp/storage/bucket/uniform_access",
        type=BUCKET,
        good={"uniformBucketLevelAccess": True},
        at="uniformBucketLevelAccess",
        bad=(False,),
    ),
    Case(
        rule="gcp/storage/bucket/customer_key",
        type=BUCKET,
        good={"encryption": {"defaultKmsKeyName": "projects/p/locations/l/keyRings/r/k"}},
        at="encryption.defaultKmsKeyName",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/storage/bucket/access_logged",
        type=BUCKET,
        good={"name": "data", "logging": {"logBucket": "logs"}},
        at="logging.logBucket",
        bad=("", "data"),
        unknown=PASS,
    ),
    Case(  # a bucket for the others' logs
        rule="gcp/storage/bucket/access_logged",
        type=BUCKET,
        good={"name": "logs"},
        beside=(Beside(type=BUCKET, props={"name": "data", "logging": {"logBucket": "logs"}}),),
        on=0,
        at="logging.logBucket",
        bad=("others",),
    ),
    Case(  # a bucket for the logs of a sink
        rule="gcp/storage/bucket/access_logged",
        type=BUCKET,
        good={"name": "logs"},
        beside=(Beside(type=SINK, props={"destination": "storage.googleapis.com/logs"}),),
        on=0,
        at="destination",
        bad=("storage.googleapis.com/others",),
    ),
    Case(
        rule="gcp/storage/bucket/versioned",
        type=BUCKET,
        good={"versioning": {"enabled": True}},
        at="versioning.enabled",
        bad=(False,),
    ),
    Case(
        rule="gcp/storage/bucket/versioned",
        type=BUCKET,
        good={"retentionPolicy": {"retentionPeriod": str(365 * DAY)}},
        at="retentionPolicy.retentionPeriod",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="gcp/storage/bucket/expires",
        type=BUCKET,
        good={"lifecycleRules": [ABORT, DELETE, OLD]},
        at="lifecycleRules",
        bad=([], [ABORT, OLD], [{"action": {"type": "Delete"}, "condition": {}}]),
    ),
    Case(
        rule="gcp/storage/bucket/soft_delete",
        type=BUCKET,
        good={"softDeletePolicy": {"retentionDurationSeconds": 7 * DAY}},
        at="softDeletePolicy.retentionDurationSeconds",
        bad=(0, DAY),
        missing=PASS,
    ),
    Case(
        rule="gcp/storage/bucket/retention_locked",
        type=BUCKET,
        good={"retentionPolicy": {"retentionPeriod": str(365 * DAY), "isLocked": True}},
        at="retentionPolicy.isLocked",
        bad=(False,),
    ),
    *(
        Case(
            rule="gcp/storage/acl/no_public_entity",
            type=f"gcp:storage/{name[0].lower()}{name[1:]}:{name}",
            good={"entity": "user-ada@example.org", "role": "READER"},
            at="entity",
            bad=PUBLIC,
        )
        for name in (
            "BucketAccessControl",
            "ObjectAccessControl",
            "DefaultObjectAccessControl",
        )
    ),
    *(
        Case(
            rule="gcp/storage/acl/no_public_entity",
            type=f"gcp:storage/{name[0].lower()}{name[1:]}:{name}",
            good={"roleEntities": ["OWNER:project-owners-1"]},
            at="roleEntities",
            bad=(["OWNER:project-owners-1", "READER:allUsers"], []),
        )
        for name in ("BucketACL", "ObjectACL", "DefaultObjectACL")
    ),
    Case(
        rule="gcp/storage/acl/no_public_entity",
        type="gcp:storage/bucketACL:BucketACL",
        good={"predefinedAcl": "private"},
        at="predefinedAcl",
        bad=("publicRead", "publicReadWrite", "authenticatedRead"),
    ),
]
