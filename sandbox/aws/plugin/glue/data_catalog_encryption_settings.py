"""``aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import GlueResource
from sandbox.plugins.rules import one_of


class DataCatalogEncryptionSettings(GlueResource):
    """Encryption of the account's catalog: one per account and region."""

    token = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
    behaviour = "recorded"
    create_operation = "PutDataCatalogEncryptionSettings"
    describe_operation = "GetDataCatalogEncryptionSettings"
    identity = "CatalogId"
    immutable = frozenset({"catalogId", "region"})
    mutable = frozenset({"dataCatalogEncryptionSettings"})
    unknown_until_created = frozenset({"catalogId"})
    rules = (
        one_of(
            "dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode",
            {"DISABLED", "SSE-KMS", "SSE-KMS-WITH-SERVICE-ROLE"},
        ),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        parameters = self.request(inputs)
        self.call(cloud, self.create_operation, **parameters)
        return str(inputs.get("catalogId") or cloud.account)

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.make(cloud, new)

    def more(self, cloud: Cloud, resource_id: str, found: dict[str, Any]) -> dict[str, Any]:
        return {"catalogId": resource_id}

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        # The setting cannot be deleted, only switched off.
        off = {
            "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
            "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
        }
        self.call(cloud, self.create_operation, DataCatalogEncryptionSettings=off)
