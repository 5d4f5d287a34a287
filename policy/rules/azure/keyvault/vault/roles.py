"""Roles are granted for single keys and are seen with all others; access policies are not."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

PATHS = (
    "properties.enableRbacAuthorization",
    "rbacAuthorizationEnabled",
    "enableRbacAuthorization",
)

RULE = Rule(
    title="A key vault is opened by roles, not by access policies",
    severity=Severity.MEDIUM,
    types=("azure-native:keyvault:Vault", "azure:keyvault/keyVault:KeyVault"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("keyvault_rbac_enabled",),
    remediation="set enable_rbac_authorization",
    link="https://learn.microsoft.com/azure/key-vault/general/rbac-guide",
)


def check(vault: Resource) -> Iterator[str]:
    """The classic provider has an older and a newer name for it."""
    if not any(vault.get(path) is True for path in PATHS):
        yield "it does not take roles"
