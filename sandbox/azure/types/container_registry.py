"""``Microsoft.ContainerRegistry``: registries; no image can be pushed."""

from sandbox.azure.context import now
from sandbox.azure.errors import bad_request
from sandbox.azure.resource_type import Call, ResourceType


class Registries(ResourceType):
    """Registries by name, which is the cloud's only one."""

    type = "Microsoft.ContainerRegistry/registries"
    tracked = True
    name = (r"[a-zA-Z0-9]{5,50}", "5 to 50 letters and digits")
    unique = "AlreadyInUse"
    long_running = frozenset({"PUT", "PATCH", "DELETE"})
    required = ("sku.name",)
    allowed = {
        "sku.name": frozenset({"Basic", "Classic", "Premium", "Standard"}),
        "properties.publicNetworkAccess": frozenset({"Enabled", "Disabled"}),
        "properties.networkRuleBypassOptions": frozenset({"AzureServices", "None"}),
        "properties.encryption.status": frozenset({"enabled", "disabled"}),
    }
    defaults = {
        "properties.adminUserEnabled": False,
        "properties.anonymousPullEnabled": False,
        "properties.dataEndpointEnabled": False,
        "properties.encryption": {"status": "disabled"},
        "properties.networkRuleBypassOptions": "AzureServices",
        "properties.policies": {
            "quarantinePolicy": {"status": "disabled"},
            "trustPolicy": {"type": "Notary", "status": "disabled"},
            "retentionPolicy": {"days": 7, "status": "disabled"},
            "exportPolicy": {"status": "enabled"},
        },
        "properties.publicNetworkAccess": "Enabled",
        "properties.zoneRedundancy": "Disabled",
    }
    generated = {
        "properties.creationDate": lambda _: now(),
        "properties.loginServer": lambda call: f"{call.id.name.lower()}.azurecr.io",
    }
    immutable = ("properties.encryption.status", "properties.zoneRedundancy")

    def check(self, call: Call) -> None:
        sku = str(call.new["sku"]["name"])
        given = call.properties
        premium = sku.lower() == "premium"
        wanted = {
            "a customer-managed key": given["encryption"].get("status") == "enabled",
            "switching public access off": given["publicNetworkAccess"] == "Disabled",
            "dataEndpointEnabled": given["dataEndpointEnabled"],
            "zone redundancy": given["zoneRedundancy"] == "Enabled",
        }
        for what, asked in wanted.items():
            if asked and not premium:
                raise bad_request(
                    f"The registry SKU {sku} does not support {what}; Premium does.",
                    "FeatureNotAvailableInSku",
                )
        if given["anonymousPullEnabled"] and sku.lower() == "basic":
            raise bad_request(
                "The registry SKU Basic does not support anonymous pull.",
                "FeatureNotAvailableInSku",
            )

    def complete(self, call: Call) -> None:
        call.new["sku"]["tier"] = call.new["sku"]["name"]
        call.properties.setdefault("privateEndpointConnections", [])


TYPES = (Registries,)
