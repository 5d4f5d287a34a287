"""A key that is rotated bounds how much data one leaked version opens."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A key in Key Vault is rotated by itself",
    severity=Severity.MEDIUM,
    types=("azure-native:keyvault:Key", "azure:keyvault/key:Key"),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("keyvault_key_rotation_enabled",),
    remediation="set rotation_policy with an action of type rotate",
    link="https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation",
)


def check(key: Resource) -> Iterator[str]:
    """Elliptic curve keys sign, and cannot be rotated by the vault."""
    if str(key.get("properties.kty", key.get("keyType", "RSA"))).startswith("EC"):
        return
    if key.type == RULE.types[1]:
        if not key.has("rotationPolicy.automatic"):
            yield "rotationPolicy.automatic is not set"
        return
    for action in key.blocks("properties.rotationPolicy.lifetimeActions"):
        part = Resource(urn=key.urn, token=key.token, name=key.name, inputs=action)
        if str(part.get("action.type", "")).lower() == "rotate" and part.has("trigger"):
            return
    yield "properties.rotationPolicy has no action that rotates"
