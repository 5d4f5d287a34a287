"""Data stays where its class may be: transfers to third countries need a ground of their own."""

from collections.abc import Iterator

from policy.holders import HOLDERS, region, tags
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Data is kept and processed in the regions that its class allows",
    severity=Severity.HIGH,
    types=HOLDERS,
    gdpr=("25", "44"),
    remediation="use an allowed region, or allow this one in trimaran:policy.regions",
    link="https://gdpr-info.eu/art-44-gdpr/",
)


def check(resource: Resource) -> Iterator[str]:
    """Public data may be anywhere; a class without a list is allowed nowhere."""
    data_class = tags(resource).get("data-class") or resource.facts.data_class
    regions = resource.facts.policy.regions
    listed: dict[str, tuple[str, ...]] = {
        name: places for name, places in regions.items() if name == data_class
    }
    if data_class == "public" and not listed:
        return
    if not data_class:
        yield "neither its tag data-class nor the stack's settings tell its class of data"
        return
    allowed = {place.replace(" ", "").lower() for place in listed.get(data_class, ())}
    place = region(resource)
    if not allowed:
        yield f"trimaran:policy.regions allows {data_class} data nowhere"
    elif place is None:
        yield "neither it nor its provider names a region"
    elif place not in allowed:
        yield f"{data_class} data is not allowed in {place}, only in {', '.join(sorted(allowed))}"
