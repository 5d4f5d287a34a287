"""SimulatePrincipalPolicy answers from the role's own policies."""

import json

import pytest

from tests.sandbox.running import RunningSandbox


def policy(effect: str, action: str, resource: str = "*") -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_decisions_follow_inline_and_attached_policies(sandbox: RunningSandbox) -> None:
    iam = sandbox.client("iam")
    arn = iam.create_role(RoleName="simulated", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="simulated", PolicyName="inline", PolicyDocument=policy("Allow", "s3:Get*")
    )
    attached = iam.create_policy(
        PolicyName="simulated-deny", PolicyDocument=policy("Deny", "s3:GetBucketPolicy")
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="simulated", PolicyArn=attached)
    results = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:GetBucketPolicy", "s3:PutObject"]
    )["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == [
        "allowed", "explicitDeny", "implicitDeny",
    ]  # fmt: skip


def test_a_role_that_is_not_there_is_named(sandbox: RunningSandbox) -> None:
    iam = sandbox.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="absent"):
        iam.simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/absent", ActionNames=["s3:GetObject"]
        )
