"""`make down`: destroys stack local, removes it and stops the sandbox; says what is left."""

import os
import sys
from collections.abc import Collection, Mapping
from typing import Any

from tools import purging
from tools.environment import LOCAL
from tools.errors import ToolError, run_main
from tools.stack import Stack

STAYING = {
    "aws:kms/key:Key": "KMS key, deleted after {deletionWindowInDays} days",
    "azure-native:keyvault:Vault": "key vault, purged by Azure after its soft-delete days",
    "azure-native:machinelearningservices:Workspace": "workspace, purged by Azure after 14 days",
    "gcp:kms/keyRing:KeyRing": "key ring, never deleted, free of charge",
    "gcp:kms/cryptoKey:CryptoKey": "crypto key, never deleted, made useless",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "identity pool, deleted after 30 days",
}
"""What clouds delete later or never, with what becomes of it. Nothing of it is in the way of a new
stack, whose keys, rings, vaults and workspaces get other names."""


def main() -> int:
    """`python -m tools.down [STACK]`. Only stack local: others are `pulumi destroy`'s."""
    name = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    if name != LOCAL:
        raise ToolError(
            f"`make down` takes down stack {LOCAL} only",
            remedy=f'eval "$(make -s env STACK={name})" && pulumi destroy --stack {name}',
        )
    stack = Stack(name=name)
    status = _destroy(stack) if stack.exists() else 0
    if status != 0:
        print("\nThe sandbox keeps running, so that `make down` can go on.", file=sys.stderr)
        return status
    return stack.sandbox("stop")


def _destroy(stack: Stack) -> int:
    stack.start_sandbox()
    stack.clear_stale_locks()
    exported = stack.export()
    status = stack.pulumi("destroy", "--yes", "--skip-preview")
    left = remaining(stack.export())
    if left:
        print("\nleft in the stack:\n" + "\n".join(f"  {urn}" for urn in left))
    if status != 0 or left:
        return status or 1
    os.environ.update(stack.environ)  # for the clouds' SDKs, which look nowhere else
    kept = staying(exported, purged=purging.purge(exported))
    # The settings file is the project's, not this stack's to take along.
    status = stack.pulumi("stack", "rm", "--yes", "--preserve-config", "--remove-backups")
    if status == 0:
        print("nothing is left" + (" but what the clouds do not delete at once:" if kept else ""))
        print("".join(f"  {line}\n" for line in kept), end="")
    return status


def staying(exported: Mapping[str, Any], *, purged: Collection[str] = ()) -> list[str]:
    """What will stay of an exported stack in its clouds, a line each; not what was purged."""
    resources = (exported.get("deployment") or {}).get("resources") or []
    return sorted(
        f"{one['id']} ({STAYING[one['type']].format_map(one.get('outputs') or {})})"
        for one in resources
        if one["type"] in STAYING and not one.get("external") and one["id"] not in purged
    )


def remaining(exported: dict[str, Any]) -> list[str]:
    """The URNs of an exported stack's resources."""
    resources = (exported.get("deployment") or {}).get("resources") or []
    return [resource["urn"] for resource in resources]


if __name__ == "__main__":
    run_main(main)
