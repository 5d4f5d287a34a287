from tests.policy.case import PASS, Case

CASES = [
    Case(
        rule="aws/iam/policy/no_full_admin",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("*", ["s3:GetObject", "*"]),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_full_admin",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_full_admin",
        type="aws:iam/role:Role",
        good={"inlinePolicies": [{"policy": "{}"}]},
        at="inlinePolicies.0.policy",
        bad=('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_service_wildcard",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("glue:*",),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_service_wildcard",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_exfiltration",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("s3:GetObject", ["athena:GetQueryResults"]),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_exfiltration",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_privilege_escalation",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("iam:PassRole", ["sts:AssumeRole"]),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_privilege_escalation",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_credential_exposure",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("iam:CreateAccessKey", ["cognito-identity:GetCredentialsForIdentity"]),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_credential_exposure",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_decrypt_everywhere",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("kms:Decrypt", ["kms:ReEncryptFrom"]),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_decrypt_everywhere",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_permissions_management",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("s3:PutBucketPolicy",),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_permissions_management",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_unconstrained_writes",
        type="aws:iam/rolePolicy:RolePolicy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"}
                ]
            }
        },
        at="json:policy.Statement.0.Action",
        bad=("s3:PutObject", ["s3:Delete*"]),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/policy/no_unconstrained_writes",
        type="aws:iam/policy:Policy",
        good={
            "json:policy": {
                "Statement": [
                    {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"}
                ]
            }
        },
        at="json:policy",
        missing=PASS,
    ),
    Case(
        rule="aws/iam/attachment/no_administrator",
        type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        good={"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        at="policyArn",
        bad=("arn:aws:iam::aws:policy/AdministratorAccess",),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/attachment/no_administrator",
        type="aws:iam/role:Role",
        good={"managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
        at="managedPolicyArns.0",
        bad=("arn:aws:iam::aws:policy/AdministratorAccess",),
        missing=PASS,
    ),
    *(
        Case(
            rule="aws/iam/attachment/no_administrator",
            type=f"aws:iam/{kind}PolicyAttachmentsExclusive:{kind.title()}PolicyAttachmentsExclusive",
            good={"policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
            at="policyArns.0",
            bad=("arn:aws:iam::aws:policy/AdministratorAccess",),
            missing=PASS,
        )
        for kind in ("role", "user", "group")
    ),
    Case(
        rule="aws/iam/user/no_user_policies",
        type="aws:iam/policyAttachment:PolicyAttachment",
        good={"users": []},
        at="users",
        bad=(["ann"],),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/role/trusts_named_principals",
        type="aws:iam/role:Role",
        good={
            "json:assumeRolePolicy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": "glue.amazonaws.com"},
                    }
                ]
            }
        },
        at="json:assumeRolePolicy.Statement.0.Principal",
        bad=("*", {"AWS": "*"}),
        missing=PASS,
    ),
    Case(
        rule="aws/iam/role/trusts_named_principals",
        type="aws:iam/role:Role",
        good={"json:assumeRolePolicy": {"Statement": [{"Effect": "Deny"}]}},
        at="json:assumeRolePolicy",
    ),
    Case(
        rule="aws/iam/role/no_confused_deputy",
        type="aws:iam/role:Role",
        good={
            "json:assumeRolePolicy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": "glue.amazonaws.com"},
                        "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
                    }
                ]
            }
        },
        at="json:assumeRolePolicy.Statement.0.Condition",
        bad=({},),
    ),
]
