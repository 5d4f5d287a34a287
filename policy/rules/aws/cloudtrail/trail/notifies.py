"""A topic tells other systems of each file of the trail."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A trail notifies a topic",
    severity=Severity.LOW,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("30",),
    hipaa=("164.308(a)(6)(ii)",),
    controls=("CKV_AWS_252",),
    remediation="set sns_topic_name",
    link="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html",
)

check = present("snsTopicName", "nobody is told of its files")
