from tests.policy.case import Case

KEY = "aws:kms/key:Key"

CASES = [
    Case(
        rule="aws/kms/key/rotation",
        type=KEY,
        good={"enableKeyRotation": True},
        at="enableKeyRotation",
        bad=(False,),
    ),
]
