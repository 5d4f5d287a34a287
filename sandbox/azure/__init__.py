"""The Azure side: Resource Manager and what answers behind it."""
