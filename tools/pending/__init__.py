"""What a killed `pulumi up` was creating when it was killed: taken into the state, or forgotten.

The engine writes down what it is about to create, but after SIGKILL not what came of it. The next
run would create it once more, and the first would stay: a second bucket, a second key. Here each
such resource is looked up in the cloud by the name that was written down. What exists is put into
the state, for a refresh to complete, and the rest is forgotten. (`pulumi refresh` has an option
`--import-pending-creates`, but engine 3.259 then drops what it was given.)

Jobs, models and endpoints of SageMaker are not among them: their leftovers are removed by the
program itself (components/aws/runs/leftovers.py), whoever runs it. Jobs, models and deployments
of Vertex AI are taken up by their own handlers, by names that follow from their content. Those of
Azure are the provider's own resources, and found like any other.
"""

from collections.abc import Mapping
from typing import Any

from tools.pending import aws, azure, gcp
from tools.pending.existing import Existing

CLOUDS = (aws, gcp, azure)


def found(exported: Mapping[str, Any]) -> dict[str, Existing]:
    """Each resource that was being created and that exists, by URN.

    exported: the stack's state, as `pulumi stack export` gives it. Accounts and addresses are
    those of `os.environ`.

    Raises ToolError when a cloud cannot be asked.
    """
    deployment = exported["deployment"]
    operations = deployment.get("pending_operations") or []
    providers = {
        f"{one['urn']}::{one.get('id')}": one.get("inputs") or {} for one in deployment["resources"]
    }
    result: dict[str, Existing] = {}
    for item in (one["resource"] for one in operations if one["type"] == "creating"):
        kind = item["type"]
        resource = {**item, "providerInputs": providers.get(item.get("provider"), {})}
        # An older one of the same look, which is being replaced, is not what was being created.
        known = {one.get("id") for one in deployment["resources"] if one["type"] == kind}
        for cloud in CLOUDS:
            existing = cloud.existing(resource, known) if kind in cloud.FINDERS else None
            if existing is not None:
                result[resource["urn"]] = existing
    return result


def take_up(exported: dict[str, Any], existing: Mapping[str, Existing]) -> int:
    """Makes resources of the interrupted creations that came to be; forgets the other ones.

    exported: the state, changed in place.
    Returns the number of resources taken up.
    """
    deployment = exported["deployment"]
    there = {resource["urn"] for resource in deployment["resources"]}
    kept = []
    taken = 0
    for operation in deployment.get("pending_operations") or []:
        resource = operation["resource"]
        if operation["type"] != "creating":
            kept.append(operation)
        elif resource["urn"] in existing and resource["urn"] not in there:
            one = existing[resource["urn"]]
            outputs = {**resource["inputs"], **one.outputs}
            deployment["resources"].append({**resource, "id": one.id, "outputs": outputs})
            taken += 1
    deployment["pending_operations"] = kept
    return taken


def is_any(exported: Mapping[str, Any]) -> bool:
    """Whether operations were interrupted."""
    return bool(exported["deployment"].get("pending_operations"))
