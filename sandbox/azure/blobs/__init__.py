"""The data of storage accounts: Azurite, kept in step with Resource Manager's accounts."""
