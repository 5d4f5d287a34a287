"""Whether the account has switched its region on, which newer ones need."""

from collections.abc import Iterator

from tools.doctor.aws import client
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok


def check(case: Case) -> Iterator[Finding]:
    """The region's state in the account."""
    region = case.aws.region
    answer = client("ec2", "us-east-1").describe_regions(RegionNames=[region], AllRegions=True)
    state = answer["Regions"][0]["OptInStatus"]
    place = f"account {case.aws.account_id}"
    if state == "not-opted-in":
        remedy = f"aws account enable-region --region-name {region} (takes some minutes)"
        yield fail(f"region {region} is not switched on", place, remedy)
    else:
        yield ok(f"region {region} is on", place)
