"""Whether the catalogue knows the machines that are asked for, and what it says of them."""

from collections.abc import Iterator
from typing import cast

from catalogue import Cloud, instances
from tools.doctor import wanted
from tools.doctor.case import Case
from tools.doctor.finding import Finding, ok, warn

_WANTED = {"aws": wanted.of_aws, "gcp": wanted.of_gcp, "azure": wanted.of_azure}
# Families that newer regions do not have and new accounts get no quota for.
_OLD = {"ml.m4.": "ml.m5.large", "ml.c4.": "ml.c5.large", "ml.p2.": "ml.g4dn.xlarge"}


def check(case: Case, cloud: str) -> Iterator[Finding]:
    """Each type of machine of a cloud."""
    known = instances(cast("Cloud", cloud))
    for machines in _WANTED[cloud](case.settings):
        place = f"{case.file}: {machines.setting}"
        old = next((new for name, new in _OLD.items() if machines.type.startswith(name)), None)
        if old is not None:
            text = f"{machines.type} is missing in newer regions and its quota is often 0"
            yield warn(text, place, f"{old} does the same where it matters")
        elif machines.type not in known and machines.type != "cloud-tpu":
            yield warn(
                f"the catalogue does not know {machines.type}: no price, no sizing",
                place,
                "add a row to catalogue/, or take one of those there",
            )
        else:
            yield ok(f"{machines.type} exists for {machines.use.partition('_')[0]}", place)
