from tests.policy.case import PASS, Beside, Case

OTHER_KEYS = (
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
)

CASES = [
    *(
        Case(
            rule="aws/kms/key/deletion_window",
            type=kind,
            good={"deletionWindowInDays": 30},
            at="deletionWindowInDays",
            bad=(7,),
            missing=PASS,
        )
        for kind in OTHER_KEYS
    ),
    *(
        Case(
            rule="aws/kms/key/enabled",
            type=kind,
            good={"enabled": True},
            at="enabled",
            bad=(False,),
            missing=PASS,
        )
        for kind in OTHER_KEYS
    ),
    *(
        Case(
            rule="aws/kms/key/policy_defined",
            type=kind,
            good={"policy": "{}"},
            at="policy",
            unknown=PASS,
        )
        for kind in OTHER_KEYS
    ),
    Case(
        rule="aws/kms/key/deletion_window",
        type="aws:kms/key:Key",
        good={"deletionWindowInDays": 30},
        at="deletionWindowInDays",
        bad=(7, 29),
        missing=PASS,
    ),
    Case(
        rule="aws/kms/key/enabled",
        type="aws:kms/key:Key",
        good={"isEnabled": True},
        at="isEnabled",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="aws/kms/key/no_public_principal",
        type="aws:kms/key:Key",
        good={
            "json:policy": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                        "Action": "kms:*",
                    }
                ]
            }
        },
        at="json:policy.Statement.0.Principal",
        bad=("*", {"AWS": ["*"]}),
        missing=PASS,
    ),
    Case(
        rule="aws/kms/key/policy_defined",
        type="aws:kms/key:Key",
        good={"policy": "{}"},
        at="policy",
        unknown=PASS,
    ),
    Case(
        rule="aws/kms/key/policy_defined",
        type="aws:kms/key:Key",
        good={},
        at="policy",
        on=0,
        missing=PASS,
        unknown=PASS,
        beside=(Beside(type="aws:kms/keyPolicy:KeyPolicy", props={"policy": "{}"}, by="keyId"),),
    ),
    Case(
        rule="aws/kms/key/rotation",
        type="aws:kms/key:Key",
        good={"enableKeyRotation": True},
        at="enableKeyRotation",
        bad=(False,),
    ),
]
