"""A secret in a plain input stands in the state, in previews and in logs."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import ANY, Rule, Severity
from policy.secrets import told_by_name, told_by_shape

RULE = Rule(
    title="No plain input holds a credential",
    severity=Severity.CRITICAL,
    types=(ANY,),
    gdpr=("32",),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("CKV_SECRET_6",),
    remediation="keep it in a secret store and name it, or take it from require_secret",
    link="https://www.pulumi.com/docs/iac/concepts/secrets/",
)


def check(resource: Resource) -> Iterator[str]:
    """What is marked as a secret is encrypted; the value is never shown."""
    for path, value in resource.leaves():
        if not isinstance(value, str):
            continue
        if kind := told_by_shape(value):
            yield f"{path} holds what looks like {kind}"
        elif told_by_name(path.rpartition(".")[2], value):
            yield f"{path} holds what its name calls a secret"
