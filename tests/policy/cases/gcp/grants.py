"""Grants of all services: to a member, to members, and in a policy."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.members import grants
from tests.policy.case import Case

MEMBER = "group:data@example.org"
PUBLIC = ("allUsers", "allAuthenticatedUsers")
NOBODY_FROM_OUTSIDE = {
    "artifactregistry": ("artifactregistry/repositoryIam",),
    "bigquery": ("bigquery/datasetIam", "bigquery/iam", "bigquery/connectionIam"),
    "kms": ("kms/cryptoKeyIAM", "kms/keyRingIAM"),
    "projects": ("projects/iAM",),
    "pubsub": ("pubsub/topicIAM", "pubsub/subscriptionIAM"),
    "secretmanager": ("secretmanager/secretIam", "secretmanager/regionalSecretIam"),
    "serviceaccount": ("serviceaccount/iAM",),
    "storage": ("storage/bucketIAM", "storage/managedFolderIam"),
    "vertex": (
        "vertex/aiEndpointIam",
        "vertex/aiFeatureStoreIam",
        "vertex/aiFeatureOnlineStoreIam",
    ),
    "workbench": ("workbench/instanceIam",),
}
ROLES = {
    "no_broad_role": ("roles/owner", "roles/editor"),
    "no_impersonation": ("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser"),
}


def _policy(role: str, *members: str) -> Mapping[str, Any]:
    return {"bindings": [{"role": role, "members": list(members)}]}


def _members(service: str, stem: str) -> Iterator[Case]:
    member, binding, policy = grants(stem)
    rule, role = f"gcp/{service}/iam/no_public_member", "roles/viewer"
    yield Case(
        rule=rule, type=member, good={"role": role, "member": MEMBER}, at="member", bad=PUBLIC
    )
    yield Case(
        rule=rule,
        type=binding,
        good={"role": role, "members": [MEMBER]},
        at="members",
        bad=tuple([MEMBER, public] for public in PUBLIC),
    )
    yield Case(
        rule=rule,
        type=policy,
        good={"json:policyData": _policy(role, MEMBER)},
        at="json:policyData",
        bad=tuple(_policy(role, MEMBER, public) for public in PUBLIC),
    )


def _roles(name: str, refused: tuple[str, ...]) -> Iterator[Case]:
    member, binding, policy = grants("projects/iAM")
    rule, role = f"gcp/projects/iam/{name}", "roles/logging.logWriter"
    one, some = {"role": role, "member": MEMBER}, {"role": role, "members": [MEMBER]}
    yield Case(rule=rule, type=member, good=one, at="role", bad=refused)
    yield Case(rule=rule, type=binding, good=some, at="role", bad=refused)
    yield Case(
        rule=rule,
        type=policy,
        good={"json:policyData": _policy(role, MEMBER)},
        at="json:policyData",
        bad=tuple(_policy(role, MEMBER) for role in refused),
    )


CASES = [
    *(
        case
        for service, stems in NOBODY_FROM_OUTSIDE.items()
        for stem in stems
        for case in _members(service, stem)
    ),
    *(case for name, refused in ROLES.items() for case in _roles(name, refused)),
]
