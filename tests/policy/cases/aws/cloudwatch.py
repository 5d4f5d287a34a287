from tests.policy.case import PASS, Case

CASES = [
    Case(
        rule="aws/cloudwatch/log_group/encrypted",
        type="aws:cloudwatch/logGroup:LogGroup",
        good={"kmsKeyId": "k"},
        at="kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/cloudwatch/log_group/retention_set",
        type="aws:cloudwatch/logGroup:LogGroup",
        good={"retentionInDays": 365},
        at="retentionInDays",
        bad=(0,),
    ),
    Case(
        rule="aws/cloudwatch/log_group/kept_a_year",
        type="aws:cloudwatch/logGroup:LogGroup",
        good={"retentionInDays": 365},
        at="retentionInDays",
        bad=(30, 180),
    ),
]
