"""Google's side of the trust: the agent that transfers, and what others must have given it."""

import json
from typing import Any

from sandbox.errors import JobError
from sandbox.gcp.context import Context
from sandbox.gcp.recorded import policies
from sandbox.store import Record


def account(context: Context, project: str) -> Record:
    """E-mail address and subject id of a project's agent; AWS roles trust the latter."""
    number = context.number(project)
    return {
        "accountEmail": f"project-{number}@storage-transfer-service.iam.gserviceaccount.com",
        "subjectId": f"1{number}{'0' * 8}",
    }


def refuse_bucket(context: Context, project: str, bucket: str) -> str | None:
    """Why the agent cannot use a bucket, if so."""
    record = context.store.get("buckets", bucket)
    if record is None:
        return f"Failed to obtain the location of the GCS bucket {bucket}: it does not exist."
    member = f"serviceAccount:{account(context, project)['accountEmail']}"
    bindings = [
        *(record.get("_policy") or {}).get("bindings", []),
        *policies.policy_of(context, f"projects/{context.project_id(project)}").get("bindings", []),
    ]
    if any(member in binding.get("members", []) for binding in bindings):
        return None
    return (
        f"Service account {member.partition(':')[2]} does not have required permissions "
        f"{{storage.buckets.get, storage.objects.create}} for bucket {bucket}."
    )


def assume_role(context: Context, project: str, arn: str) -> None:
    """Check that a role exists and trusts the agent, as AWS would when it is assumed.

    Raises:
        JobError: it does not.
    """
    from botocore.exceptions import ClientError

    from sandbox.aws.clients import client

    subject = str(account(context, project)["subjectId"])
    name = arn.rsplit("/", 1)[-1]
    try:
        role = client(context.aws_url, "iam", "us-east-1").get_role(RoleName=name)["Role"]
    except ClientError as error:
        raise JobError(f"Unable to assume role {arn}: {error}") from error
    document: Any = role["AssumeRolePolicyDocument"]
    if isinstance(document, str):
        document = json.loads(document)
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        federated = principal.get("Federated") if isinstance(principal, dict) else principal
        trusts_google = "accounts.google.com" in json.dumps(federated)
        if (
            statement.get("Effect") == "Allow"
            and trusts_google
            and "sts:AssumeRoleWithWebIdentity" in json.dumps(statement.get("Action"))
            and subject in json.dumps(statement.get("Condition", {}))
        ):
            return
    raise JobError(
        f"Unable to assume role {arn}: not authorized to perform sts:AssumeRoleWithWebIdentity. "
        f"Its trust policy must allow accounts.google.com with subject {subject}."
    )
