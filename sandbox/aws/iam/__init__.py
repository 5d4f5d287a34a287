"""IAM: what a role may do, which the sagemaker SDK asks before it uses a role."""

from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from sandbox.aws.context import Call, Context, Refusal


def _policies(call: Call, arn: str) -> list[IAMPolicy]:
    """The policies, inline and attached, of the role or user an ARN names."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    name = name.rsplit("/", 1)[-1]
    backend = iam_backends[call.account][call.response.partition]
    try:
        principal: Any = backend.get_role(name) if kind == "role" else backend.get_user(name)
    except NotFoundException as error:
        raise Refusal("NoSuchEntity", f"The {kind} with name {name} cannot be found.") from error
    inline = principal.policies
    documents = inline.values() if isinstance(inline, dict) else inline
    return [IAMPolicy(policy) for policy in (*documents, *principal.managed_policies.values())]


def _decision(policies: list[IAMPolicy], action: str, resource: str) -> str:
    results = [policy.is_action_permitted(action, resource) for policy in policies]
    if PermissionResult.DENIED in results:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in results else "implicitDeny"


def simulate_principal_policy(call: Call) -> dict[str, Any]:
    """Evaluate actions on resources; boundaries, organisations and conditions are not."""
    policies = _policies(call, call.params["PolicySourceArn"])
    resources = call.params.get("ResourceArns") or ["*"]
    return {
        "IsTruncated": False,
        "EvaluationResults": [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": _decision(policies, action, resource),
                "MatchedStatements": [],
                "MissingContextValues": [],
            }
            for action in call.params["ActionNames"]
            for resource in resources
        ],
    }


def install(context: Context) -> None:
    """Register IAM's additions."""
    context.operation("iam", "SimulatePrincipalPolicy", simulate_principal_policy)
