"""One route of the transfer service as tests use it."""

import json
from typing import Any

from tests.sandbox.gcp.google import NUMBER, PROJECT, Google
from tests.sandbox.running import eventually

AGENT = f"project-{NUMBER}@storage-transfer-service.iam.gserviceaccount.com"


class Route:
    """A bucket on each side, a role the agent may assume, and the job between them."""

    def __init__(self, google: Google, name: str) -> None:
        self.google, self.name = google, name
        self.s3 = google.sandbox.client("s3")
        self.s3.create_bucket(Bucket=name)
        google.call("POST", "/storage/v1/b", {"name": name, "softDeletePolicy": {
            "retentionDurationSeconds": "0"}})  # fmt: skip
        self.grant()
        self.role = self.make_role()

    def grant(self) -> None:
        binding = {
            "role": "roles/storage.legacyBucketWriter",
            "members": [f"serviceAccount:{AGENT}"],
        }
        self.google.call("PUT", f"/storage/v1/b/{self.name}/iam", {"bindings": [binding]})

    def make_role(self, subject: str | None = None) -> str:
        agent = self.google.call("GET", f"/v1/googleServiceAccounts/{PROJECT}")
        assert agent["accountEmail"] == AGENT
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "accounts.google.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"accounts.google.com:sub": subject or agent["subjectId"]}
                    },
                }
            ],
        }
        iam = self.google.sandbox.client("iam")
        name = f"{self.name}-{subject or 'role'}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(role["Role"]["Arn"])

    def put(self, **objects: bytes) -> None:
        for name, body in objects.items():
            key = f"in/{name.replace('__', '/')}"
            self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType="text/plain")

    def job(self, status: int = 200, **spec: Any) -> Any:
        source = {"bucketName": self.name, "path": "in/", "roleArn": self.role}
        source |= spec.pop("source", {})
        sink = {"bucketName": self.name, "path": "out/"}
        transfer = {"awsS3DataSource": source, "gcsDataSink": sink, **spec}
        body = {"projectId": PROJECT, "status": "ENABLED", "transferSpec": transfer}
        return self.google.call("POST", "/v1/transferJobs", body, status=status)

    def run(self, job: Any) -> Any:
        operation = self.google.call("POST", f"/v1/{job['name']}:run", {"projectId": PROJECT})
        return self.finished(operation)

    def finished(self, operation: Any) -> Any:
        def ended() -> Any:
            found = self.google.call("GET", f"/v1/{operation['name']}")
            return found if found["done"] else None

        return eventually(ended)

    def sink(self) -> dict[str, bytes]:
        url = f"/storage/v1/b/{self.name}/o"
        items = self.google.call("GET", url).get("items", [])
        return {item["name"]: self.google.rest.get(item["mediaLink"]).content for item in items}
