"""Azure ML's quotas of cores of the VM sizes that the stack asks for."""

from collections import Counter
from collections.abc import Iterator

from catalogue.quotas import LOW_PRIORITY_CORES, azure_endpoint_machines
from components.azure.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail
from tools.doctor.quota import judged
from tools.doctor.wanted import of_azure


def check(case: Case) -> Iterator[Finding]:
    """Each family of sizes against what is wanted of it, cluster and endpoint together."""
    subscription, region = case.azure.subscription_id, case.azure.region
    place = f"{subscription} {region}"
    base = (
        f"/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/"
        f"{region}"
    )
    sizes = {one["name"].lower(): one for one in call("GET", f"{base}/vmSizes")["value"]}
    usages = {one["name"]["value"].lower(): one for one in call("GET", f"{base}/usages")["value"]}
    least: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for machines in of_azure(case.settings):
        size = sizes.get(machines.type.lower())
        if size is None:
            remedy = f"choose another {machines.setting}, or another region"
            yield fail(f"Azure ML has no {machines.type} in {region}", place, remedy)
            continue
        spot = machines.use == "training_preemptible"
        name = LOW_PRIORITY_CORES if spot else str(size["family"])
        counts = (machines.least, machines.most)
        if machines.use == "serving":
            counts = (azure_endpoint_machines(counts[0]), azure_endpoint_machines(counts[1]))
        least[name] += counts[0] * int(size["vCPUs"])
        most[name] += counts[1] * int(size["vCPUs"])
    for name in least:
        usage = usages.get(name.lower()) or {"limit": 0, "currentValue": 0}
        # What is in use may be the stack's own once it is up.
        used = 0 if case.resources else int(usage["currentValue"])
        yield judged(
            f"cores of {name}",
            int(usage["limit"]),
            least[name],
            most[name],
            used=used,
            place=place,
            remedy=lambda count, name=name: (  # type: ignore[misc]
                f"az quota update --resource-name {name} --scope {base} --limit-object "
                f"value={count}, or choose another size or region"
            ),
        )
