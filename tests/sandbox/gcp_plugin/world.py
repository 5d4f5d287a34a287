"""What resources under test refer to, made through the API when a test first needs it."""

import functools
import itertools

from sandbox.gcp.plugin.cloud import Cloud

PROJECT = "plugin-tests"
_NUMBERS = itertools.count(1)


class World:
    """Buckets, keys, accounts and networks of the sandbox under test."""

    def __init__(self, google: Cloud) -> None:
        self.google = google

    def fresh(self, prefix: str) -> str:
        """A name that nothing has had: some names are never free again."""
        return f"{prefix}-{next(_NUMBERS)}"

    @functools.cached_property
    def bucket(self) -> str:
        return self.new_bucket("plugin-world")

    @functools.cached_property
    def other_bucket(self) -> str:
        return self.new_bucket("plugin-other")

    def new_bucket(self, name: str) -> str:
        body = {"name": name, "location": "EUROPE-WEST4"}
        self.google.call("POST", "/storage/v1/b", query={"project": PROJECT}, body=body)
        return name

    @functools.cached_property
    def sink_bucket(self) -> str:
        """A bucket that Storage Transfer's agent may write to."""
        name = self.new_bucket("plugin-sink")
        agent = self.google.call("GET", f"/v1/googleServiceAccounts/{PROJECT}")["accountEmail"]
        policy = self.google.call("GET", f"/storage/v1/b/{name}/iam")
        for role in ("storage.admin", "storage.legacyBucketReader", "storage.objectAdmin"):
            member = f"serviceAccount:{agent}"
            policy["bindings"].append({"role": f"roles/{role}", "members": [member]})
        self.google.call("PUT", f"/storage/v1/b/{name}/iam", body=policy)
        return name

    @functools.cached_property
    def ring(self) -> str:
        return self.new_ring("plugin-world")

    @functools.cached_property
    def other_ring(self) -> str:
        return self.new_ring("plugin-other")

    def new_ring(self, name: str) -> str:
        parent = f"projects/{PROJECT}/locations/europe-west4"
        path, query = f"/v1/{parent}/keyRings", {"keyRingId": name}
        return str(self.google.call("POST", path, query=query, body={})["name"])

    @functools.cached_property
    def key(self) -> str:
        return self.new_key("plugin-world")

    @functools.cached_property
    def other_key(self) -> str:
        return self.new_key("plugin-other")

    def new_key(self, name: str) -> str:
        """A key that every service agent may use."""
        body = {"purpose": "ENCRYPT_DECRYPT"}
        path, query = f"/v1/{self.ring}/cryptoKeys", {"cryptoKeyId": name}
        key = str(self.google.call("POST", path, query=query, body=body)["name"])
        number = self.google.call("GET", f"/v1/projects/{PROJECT}")["projectNumber"]
        agents = ("gs-project-accounts", "gcp-sa-aiplatform")
        members = [
            f"serviceAccount:service-{number}@{agent}.iam.gserviceaccount.com" for agent in agents
        ]
        role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        policy = {"bindings": [{"role": role, "members": members}]}
        self.google.call("POST", f"/v1/{key}:setIamPolicy", body={"policy": policy})
        return key

    @functools.cached_property
    def account(self) -> str:
        return self.new_account("plugin-world")

    @functools.cached_property
    def other_account(self) -> str:
        return self.new_account("plugin-other")

    def new_account(self, account_id: str) -> str:
        """The full name of a service account."""
        path = f"/v1/projects/{PROJECT}/serviceAccounts"
        return str(self.google.call("POST", path, body={"accountId": account_id})["name"])

    @property
    def member(self) -> str:
        return f"serviceAccount:{self.account.rsplit('/', 1)[-1]}"

    @property
    def other_member(self) -> str:
        return f"serviceAccount:{self.other_account.rsplit('/', 1)[-1]}"

    @functools.cached_property
    def endpoint(self) -> str:
        return self.new_endpoint("1000000001")

    @functools.cached_property
    def other_endpoint(self) -> str:
        return self.new_endpoint("1000000002")

    def new_endpoint(self, number: str) -> str:
        """The number of an endpoint that serves nothing."""
        path = f"/v1/projects/{PROJECT}/locations/europe-west4/endpoints"
        query, body = {"endpointId": number}, {"displayName": number}
        self.google.wait(self.google.call("POST", path, query=query, body=body))
        return number

    @functools.cached_property
    def network(self) -> str:
        return self.new_network("plugin-world")

    @functools.cached_property
    def other_network(self) -> str:
        return self.new_network("plugin-other")

    def new_network(self, name: str) -> str:
        body = {"name": name, "autoCreateSubnetworks": False}
        self.google.call("POST", f"/compute/v1/projects/{PROJECT}/global/networks", body=body)
        return f"projects/{PROJECT}/global/networks/{name}"

    @functools.cached_property
    def channel(self) -> str:
        body = {"type": "email", "labels": {"email_address": "ml@example.com"}}
        path = f"/v3/projects/{PROJECT}/notificationChannels"
        return str(self.google.call("POST", path, body=body)["name"])

    @functools.cached_property
    def pool(self) -> str:
        return self.new_pool("plugin-world")

    @functools.cached_property
    def other_pool(self) -> str:
        return self.new_pool("plugin-other")

    def new_pool(self, name: str) -> str:
        path = f"/v1/projects/{PROJECT}/locations/global/workloadIdentityPools"
        self.google.wait(
            self.google.call("POST", path, query={"workloadIdentityPoolId": name}, body={})
        )
        return name
