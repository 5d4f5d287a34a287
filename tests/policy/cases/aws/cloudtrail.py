from tests.policy.case import PASS, Case

CASES = [
    Case(
        rule="aws/cloudtrail/trail/multi_region",
        type="aws:cloudtrail/trail:Trail",
        good={"isMultiRegionTrail": True},
        at="isMultiRegionTrail",
        bad=(False,),
    ),
    Case(
        rule="aws/cloudtrail/trail/encrypted",
        type="aws:cloudtrail/trail:Trail",
        good={"kmsKeyId": "k"},
        at="kmsKeyId",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/cloudtrail/trail/validated",
        type="aws:cloudtrail/trail:Trail",
        good={"enableLogFileValidation": True},
        at="enableLogFileValidation",
        bad=(False,),
    ),
    Case(
        rule="aws/cloudtrail/trail/cloudwatch_logs",
        type="aws:cloudtrail/trail:Trail",
        good={"cloudWatchLogsGroupArn": "g"},
        at="cloudWatchLogsGroupArn",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/cloudtrail/trail/logging",
        type="aws:cloudtrail/trail:Trail",
        good={"enableLogging": True},
        at="enableLogging",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule="aws/cloudtrail/trail/notifies",
        type="aws:cloudtrail/trail:Trail",
        good={"snsTopicName": "t"},
        at="snsTopicName",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="aws/cloudtrail/trail/data_events",
        type="aws:cloudtrail/trail:Trail",
        good={
            "eventSelectors": [
                {
                    "readWriteType": "All",
                    "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::b/"]}],
                }
            ]
        },
        at="eventSelectors.0.readWriteType",
        bad=("ReadOnly", "WriteOnly"),
        missing=PASS,
    ),
    Case(
        rule="aws/cloudtrail/trail/data_events",
        type="aws:cloudtrail/trail:Trail",
        good={
            "eventSelectors": [
                {"readWriteType": "All", "dataResources": [{"type": "AWS::S3::Object"}]}
            ]
        },
        at="eventSelectors",
    ),
    Case(
        rule="aws/cloudtrail/trail/data_events",
        type="aws:cloudtrail/trail:Trail",
        good={
            "advancedEventSelectors": [
                {"fieldSelectors": [{"field": "resources.type", "equals": ["AWS::S3::Object"]}]}
            ]
        },
        at="advancedEventSelectors.0.fieldSelectors.0.equals",
        bad=(["AWS::Lambda::Function"],),
    ),
]
