from tests.policy.case import PASS, Case

CASES = [
    Case(
        rule="aws/athena/workgroup/encrypted",
        type="aws:athena/workgroup:Workgroup",
        good={
            "configuration": {
                "resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_KMS"}}
            }
        },
        at="configuration.resultConfiguration.encryptionConfiguration.encryptionOption",
        bad=("SSE_S3",),
    ),
    Case(
        rule="aws/athena/workgroup/enforced",
        type="aws:athena/workgroup:Workgroup",
        good={"configuration": {"enforceWorkgroupConfiguration": True}},
        at="configuration.enforceWorkgroupConfiguration",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="aws/athena/workgroup/enforced",
        type="aws:athena/workgroup:Workgroup",
        good={"configuration": {"engineVersion": {}}},
        at="configuration",
    ),
    Case(
        rule="aws/athena/workgroup/logged",
        type="aws:athena/workgroup:Workgroup",
        good={"configuration": {"publishCloudwatchMetricsEnabled": True}},
        at="configuration.publishCloudwatchMetricsEnabled",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="aws/athena/database/encrypted",
        type="aws:athena/database:Database",
        good={"encryptionConfiguration": {"encryptionOption": "SSE_KMS"}},
        at="encryptionConfiguration.encryptionOption",
        bad=("SSE_S3",),
    ),
]
