"""Cloud Storage's JSON API: buckets and objects whose bodies are files of the state directory."""

from sandbox.gcp.context import Context
from sandbox.gcp.storage import (
    batch,
    bucket_policy,
    buckets,
    copies,
    downloads,
    object_metadata,
    uploads,
)
from sandbox.gcp.storage.table import ObjectTable


def install(context: Context) -> None:
    """Add the routes; see the modules for what they answer."""
    context.objects = ObjectTable(context)
    shelf = buckets.Buckets(context, context.objects)
    bucket_policy.install(context, shelf)
    for module in (object_metadata, downloads, copies, uploads):
        module.install(context, shelf)
    batch.install(context)
