"""``gcp:serviceaccount/account:Account``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud, GoogleError
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, matches


class Account(GcpResource):
    """A service account; it has no keys."""

    token = "gcp:serviceaccount/account:Account"
    auto_name = AutoName("accountId", 30)
    immutable = frozenset({"accountId", "project"})
    mutable = frozenset(
        {"createIgnoreAlreadyExists", "deletionPolicy", "description", "disabled", "displayName"}
    )
    local = frozenset({"createIgnoreAlreadyExists", "deletionPolicy"})
    defaults = {"disabled": False}
    rules = (
        matches(
            "accountId",
            r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])",
            "6 to 30 lower-case letters, digits and hyphens are allowed, a letter first",
        ),
        longest("description", 256),
        longest("displayName", 100),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        project = inputs["project"]
        account = {name: inputs.get(name) or "" for name in ("description", "displayName")}
        email = f"{inputs['accountId']}@{project}.iam.gserviceaccount.com"
        resource_id = f"projects/{project}/serviceAccounts/{email}"
        body = {"accountId": inputs["accountId"], "serviceAccount": account}
        try:
            answer = cloud.call("POST", f"/v1/projects/{project}/serviceAccounts", body=body)
            resource_id = str(answer["name"])
        except GoogleError as error:
            if error.status != 409 or not inputs.get("createIgnoreAlreadyExists"):
                raise
        if inputs.get("disabled"):
            cloud.call("POST", f"/v1/{resource_id}:disable", body={})
        return resource_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.call("GET", f"/v1/{resource_id}")
        email = str(answer["email"])
        return {
            "accountId": email.partition("@")[0],
            "description": answer.get("description"),
            "disabled": bool(answer.get("disabled")),
            "displayName": answer.get("displayName"),
            "email": email,
            "member": f"serviceAccount:{email}",
            "name": answer["name"],
            "project": answer["projectId"],
            "uniqueId": answer["uniqueId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        texts = sorted(changed & {"description", "displayName"})
        if texts:
            account = {name: new.get(name) or "" for name in texts}
            body = {"serviceAccount": account, "updateMask": ",".join(texts)}
            cloud.call("PATCH", f"/v1/{resource_id}", body=body)
        if "disabled" in changed:
            verb = "disable" if new.get("disabled") else "enable"
            cloud.call("POST", f"/v1/{resource_id}:{verb}", body={})

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.call("DELETE", f"/v1/{resource_id}")
