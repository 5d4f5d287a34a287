from tests.policy.case import PASS, Beside, Case

CASES = [
    Case(
        rule="aws/secretsmanager/secret/encrypted",
        type="aws:secretsmanager/secret:Secret",
        good={"kmsKeyId": "k"},
        at="kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/secretsmanager/secret/rotated",
        type="aws:secretsmanager/secret:Secret",
        good={},
        on=0,
        at="rotateImmediately",
        missing=PASS,
        unknown=PASS,
        beside=(
            Beside(
                type="aws:secretsmanager/secretRotation:SecretRotation",
                by="secretId",
                props={"rotateImmediately": True},
            ),
        ),
    ),
]
