"""Without one, what the job writes and logs has no key of one's own."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="Glue jobs, crawlers and endpoints have a security configuration",
    severity=Severity.HIGH,
    types=("aws:glue/job:Job", "aws:glue/crawler:Crawler", "aws:glue/devEndpoint:DevEndpoint"),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_195", "glue_etl_jobs_amazon_s3_encryption_enabled"),
    remediation="set security_configuration",
    link="https://docs.aws.amazon.com/glue/latest/dg/set-up-encryption.html",
)

check = present("securityConfiguration", "it works without encryption of one's own")
