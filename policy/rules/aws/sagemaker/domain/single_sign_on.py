"""With IAM Identity Center a user who leaves the company leaves the domain."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Users of a SageMaker domain sign in by IAM Identity Center",
    severity=Severity.MEDIUM,
    types=("aws:sagemaker/domain:Domain",),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("sagemaker_domain_sso_configured",),
    remediation="set auth_mode to SSO",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/onboard-sso-users.html",
)

check = equals("authMode", "SSO")
