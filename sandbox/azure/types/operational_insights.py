"""``Microsoft.OperationalInsights``: Log Analytics workspaces; no log arrives in them."""

import uuid

from sandbox.azure.context import Context, now
from sandbox.azure.errors import bad_request
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.soft_deleted import SoftDeleted
from sandbox.store import Record

_RETENTION_DAYS = 14


class Workspaces(ResourceType):
    """Workspaces; one that is made again within 14 days is the old one."""

    type = "Microsoft.OperationalInsights/workspaces"
    tracked = True
    name = (
        r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
        "4 to 63 letters, digits and dashes, no dash first or last",
    )
    etagged = True
    long_running = frozenset({"PUT", "DELETE"})
    allowed = {
        "properties.sku.name": frozenset(
            {
                "CapacityReservation",
                "Free",
                "LACluster",
                "PerGB2018",
                "PerNode",
                "Premium",
                "Standalone",
                "Standard",
            }
        ),
        "properties.publicNetworkAccessForIngestion": frozenset(
            {"Enabled", "Disabled", "SecuredByPerimeter"}
        ),
        "properties.publicNetworkAccessForQuery": frozenset(
            {"Enabled", "Disabled", "SecuredByPerimeter"}
        ),
    }
    defaults = {
        "properties.sku.name": "PerGB2018",
        "properties.retentionInDays": 30,
        "properties.publicNetworkAccessForIngestion": "Enabled",
        "properties.publicNetworkAccessForQuery": "Enabled",
        "properties.workspaceCapping": {
            "dailyQuotaGb": -1.0,
            "dataIngestionStatus": "RespectQuota",
        },
    }
    generated = {
        "properties.customerId": lambda _: str(uuid.uuid4()),
        "properties.createdDate": lambda _: now(),
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.deleted = SoftDeleted(context, "deleted log workspaces")

    def check(self, call: Call) -> None:
        days = call.properties["retentionInDays"]
        if not (days in (7, -1) or 30 <= days <= 730):
            raise bad_request(
                f"'RetentionInDays' property doesn't match the SKU limits: {days} is not within "
                "30 and 730.",
                "InvalidParameter",
            )
        gone = self.deleted.find(call.id.key)
        if call.old is None and gone is not None:
            # Within the time of soft delete the same name brings back the same workspace.
            call.new["_before"] = gone["properties"]["customerId"]
            self.deleted.purge(gone)

    def complete(self, call: Call) -> None:
        before = call.new.pop("_before", None)
        if before is not None:
            call.properties["customerId"] = before
        call.properties["modifiedDate"] = now()

    def departing(self, record: Record) -> None:
        kept = {**record, "name": str(record["id"]).lower()}
        self.deleted.keep(kept, [], days=_RETENTION_DAYS)


TYPES = (Workspaces,)
