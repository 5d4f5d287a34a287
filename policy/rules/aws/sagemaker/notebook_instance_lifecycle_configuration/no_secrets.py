"""The scripts are readable to whoever may describe the notebook."""

import base64
from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.secrets import in_script

RULE = Rule(
    title="A notebook's start scripts hold no credentials",
    severity=Severity.CRITICAL,
    types=(
        "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration",
    ),
    gdpr=("32",),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("sagemaker_notebook_instance_no_secrets",),
    remediation="let the script fetch the credential from Secrets Manager",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/notebook-lifecycle-config.html",
)


def check(resource: Resource) -> Iterator[str]:
    """The scripts are Base64; one that is not set holds nothing."""
    for path in ("onCreate", "onStart"):
        text = resource.get(path, "")
        script = base64.b64decode(text).decode(errors="replace")
        if kind := in_script(script) or in_script(text):
            yield f"{path} holds what looks like {kind}"
