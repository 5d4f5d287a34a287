from tests.policy.case import PASS, Case

CASES = [
    Case(
        rule="aws/sns/topic/encrypted",
        type="aws:sns/topic:Topic",
        good={"kmsMasterKeyId": "k"},
        at="kmsMasterKeyId",
        bad=("",),
        unknown=PASS,
    ),
]
