"""A key in a datastore is a key for everybody who may use it."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A datastore holds no key",
    severity=Severity.HIGH,
    types=("azure-native:machinelearningservices:Datastore",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    remediation="set credentials_type to None, and give the identities that read it roles",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication",
)

check = equals("properties.credentials.credentialsType", "None")
