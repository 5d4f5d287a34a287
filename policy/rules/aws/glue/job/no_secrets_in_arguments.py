"""Arguments are readable to whoever may describe the job."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.secrets import told_by_name, told_by_shape

RULE = Rule(
    title="The arguments of a Glue job hold no credentials",
    severity=Severity.CRITICAL,
    types=("aws:glue/job:Job",),
    gdpr=("32",),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("glue_etl_jobs_no_secrets_in_arguments",),
    remediation="pass the name of a secret, and let the job fetch it",
    link="https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html",
)


def check(resource: Resource) -> Iterator[str]:
    """No arguments, no secrets."""
    for path in ("defaultArguments", "nonOverridableArguments"):
        for name, value in resource.get(path, {}).items():
            if told_by_shape(str(value)) or told_by_name(name, str(value)):
                yield f"argument {name} looks like a credential"
