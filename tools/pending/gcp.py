"""What a killed run created in GCP: found by its name, or by its look where the cloud names it."""

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.errors import ToolError
from tools.pending.existing import Existing

Inputs = Mapping[str, Any]
Item = Mapping[str, Any]

HOSTS = {
    "billing": "https://billingbudgets.googleapis.com/v1/",
    "cloud_scheduler": "https://cloudscheduler.googleapis.com/v1/",
    "compute": "https://compute.googleapis.com/compute/v1/",
    "iam": "https://iam.googleapis.com/v1/",
    "kms": "https://cloudkms.googleapis.com/v1/",
    "logging": "https://logging.googleapis.com/v2/",
    "monitoring": "https://monitoring.googleapis.com/",
    "storage": "https://storage.googleapis.com/storage/v1/",
    "storage_transfer": "https://storagetransfer.googleapis.com/v1/",
    "vertex_ai": "https://{location}-aiplatform.googleapis.com/v1/",
}
"""Where each API is, unless GOOGLE_<API>_CUSTOM_ENDPOINT says otherwise, as for the provider."""

MISSING = frozenset({403, 404})
"""Answers that mean: not there. 403 is also that of an API which the killed run had not switched
on yet, and of a bucket that is somebody else's."""


@dataclass(frozen=True, kw_only=True)
class ByName:
    """For what the program names: `path`, filled in from the inputs, is its address."""

    api: str
    path: str
    id: str | None = None
    """Its id, where that is not its address."""

    def find(self, inputs: Inputs, known: Collection[str | None]) -> Existing | None:
        """The one with this name."""
        path = self.path.format_map(inputs)
        found = _get(self.api, path, inputs)
        # Deleted pools and roles are told for a while.
        if found is None or found.get("state") == "DELETED" or found.get("deleted"):
            return None
        resource_id = self.id.format_map(inputs) if self.id else path
        return None if resource_id in known else Existing(id=resource_id)


@dataclass(frozen=True, kw_only=True)
class ByLook:
    """For what the cloud names: told by what was asked for, which names the stack."""

    api: str
    path: str
    items: str
    """Of the answer to the list."""
    same: Callable[[Inputs, Item], bool]
    filter: Callable[[Inputs], str] | None = None
    output: Callable[[str], str | None] = lambda name: name
    """The output `name` that the cloud's name gives; None where there is no such output."""

    def find(self, inputs: Inputs, known: Collection[str | None]) -> Existing | None:
        """The one that looks so and is not in the state."""
        query = {"filter": self.filter(inputs)} if self.filter else {}
        for item in _listed(self.api, self.path.format_map(inputs), self.items, query, inputs):
            name = str(item["name"])
            if name not in known and self.same(inputs, item):
                output = self.output(name)
                return Existing(id=name, outputs={"name": output} if output else {})
        return None


def _policy(inputs: Inputs, item: Item) -> bool:
    labels = inputs.get("userLabels") or {}
    return (
        item.get("displayName") == inputs["displayName"]
        # The provider may have added labels of its own.
        and labels.items() <= (item.get("userLabels") or {}).items()
    )


def _channel(inputs: Inputs, item: Item) -> bool:
    return _policy(inputs, item) and dict(item.get("labels") or {}) == dict(inputs["labels"])


def _dashboard(inputs: Inputs, item: Item) -> bool:
    return bool(item.get("displayName") == json.loads(inputs["dashboardJson"])["displayName"])


def _budget(inputs: Inputs, item: Item) -> bool:
    wanted, found = inputs.get("budgetFilter") or {}, item.get("budgetFilter") or {}
    return (
        item.get("displayName") == inputs["displayName"]
        and found.get("projects") == wanted.get("projects")
        and set(found.get("labels") or {}) == set(wanted.get("labels") or {})
    )


def _transfer(inputs: Inputs, item: Item) -> bool:
    sink = item["transferSpec"].get("gcsDataSink") or {}
    return (
        item.get("status") != "DELETED"
        and item.get("description") == inputs["description"]
        and sink.get("bucketName") == inputs["transferSpec"]["gcsDataSink"]["bucketName"]
    )


_PROJECT = "projects/{project}"
_POOL = f"{_PROJECT}/locations/global/workloadIdentityPools/{{workloadIdentityPoolId}}"

FINDERS: Mapping[str, ByName | ByLook] = {
    "gcp:billing/budget:Budget": ByLook(
        api="billing",
        path="billingAccounts/{billingAccount}/budgets",
        items="budgets",
        same=_budget,
        output=lambda name: name.rpartition("/")[2],
    ),
    "gcp:cloudscheduler/job:Job": ByName(
        api="cloud_scheduler", path=f"{_PROJECT}/locations/{{region}}/jobs/{{name}}"
    ),
    "gcp:compute/firewall:Firewall": ByName(
        api="compute", path=f"{_PROJECT}/global/firewalls/{{name}}"
    ),
    "gcp:compute/network:Network": ByName(
        api="compute", path=f"{_PROJECT}/global/networks/{{name}}"
    ),
    "gcp:compute/subnetwork:Subnetwork": ByName(
        api="compute", path=f"{_PROJECT}/regions/{{region}}/subnetworks/{{name}}"
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": ByName(api="iam", path=_POOL),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": ByName(
        api="iam", path=f"{_POOL}/providers/{{workloadIdentityPoolProviderId}}"
    ),
    "gcp:kms/cryptoKey:CryptoKey": ByName(api="kms", path="{keyRing}/cryptoKeys/{name}"),
    "gcp:kms/keyRing:KeyRing": ByName(
        api="kms", path=f"{_PROJECT}/locations/{{location}}/keyRings/{{name}}"
    ),
    "gcp:logging/projectSink:ProjectSink": ByName(api="logging", path=f"{_PROJECT}/sinks/{{name}}"),
    "gcp:monitoring/alertPolicy:AlertPolicy": ByLook(
        api="monitoring", path=f"v3/{_PROJECT}/alertPolicies", items="alertPolicies", same=_policy
    ),
    "gcp:monitoring/dashboard:Dashboard": ByLook(
        api="monitoring",
        path=f"v1/{_PROJECT}/dashboards",
        items="dashboards",
        same=_dashboard,
        output=lambda _: None,
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": ByLook(
        api="monitoring",
        path=f"v3/{_PROJECT}/notificationChannels",
        items="notificationChannels",
        same=_channel,
    ),
    "gcp:projects/iAMCustomRole:IAMCustomRole": ByName(
        api="iam", path=f"{_PROJECT}/roles/{{roleId}}"
    ),
    "gcp:serviceaccount/account:Account": ByName(
        api="iam",
        path=f"{_PROJECT}/serviceAccounts/{{accountId}}@{{project}}.iam.gserviceaccount.com",
    ),
    "gcp:storage/bucket:Bucket": ByName(api="storage", path="b/{name}", id="{name}"),
    "gcp:storage/transferJob:TransferJob": ByLook(
        api="storage_transfer",
        path="transferJobs",
        items="transferJobs",
        same=_transfer,
        # https://cloud.google.com/storage-transfer/docs/reference/rest/v1/transferJobs/list
        filter=lambda inputs: json.dumps({"projectId": inputs["project"]}, separators=(",", ":")),
    ),
    "gcp:vertex/aiEndpoint:AiEndpoint": ByName(
        api="vertex_ai", path=f"{_PROJECT}/locations/{{location}}/endpoints/{{name}}"
    ),
}
"""By type token."""

REPEATABLE = frozenset(
    {
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "gcp:projects/iAMMember:IAMMember",
        "gcp:projects/service:Service",
        "gcp:projects/serviceIdentity:ServiceIdentity",
        "gcp:serviceaccount/iAMMember:IAMMember",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "gcp:storage/bucketObject:BucketObject",
        "gcp:vertex/aiEndpointIamMember:AiEndpointIamMember",
    }
)
"""What the program declares besides: made by calls that may be repeated."""


def existing(resource: Mapping[str, Any], known: Collection[str | None]) -> Existing | None:
    """What a resource that was being created became; None when it did not come to be.

    resource: as in the engine's list of pending operations.
    known:    ids of its type that the state has already.

    Raises ToolError when the cloud cannot be asked.
    """
    import requests
    from google.auth.exceptions import GoogleAuthError

    try:
        return FINDERS[resource["type"]].find(resource["inputs"], known)
    except (GoogleAuthError, requests.RequestException) as error:
        raise ToolError(
            f"{resource['urn'].rpartition('::')[2]} ({resource['type']}): cannot see whether the "
            f"killed run created it: {error}",
            remedy="sign in to GCP, check the network, then run it again",
        ) from None


def _listed(
    api: str, path: str, items: str, query: Mapping[str, str], inputs: Inputs
) -> Iterator[Item]:
    token = ""
    while True:
        page = _get(api, path, inputs, {**query, **({"pageToken": token} if token else {})}) or {}
        yield from page.get(items, [])
        token = page.get("nextPageToken", "")
        if not token:
            return


def _get(
    api: str, path: str, inputs: Inputs, query: Mapping[str, str] | None = None
) -> dict[str, Any] | None:
    """The answer; None when there is no such thing."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    base = os.environ.get(f"GOOGLE_{api.upper()}_CUSTOM_ENDPOINT")
    base = base or HOSTS[api].format(location=inputs.get("location", ""))
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    with AuthorizedSession(credentials) as session:  # type: ignore[no-untyped-call]
        answer = session.get(f"{base.rstrip('/')}/{path}", params=query, timeout=60)
    if answer.status_code in MISSING:
        return None
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
