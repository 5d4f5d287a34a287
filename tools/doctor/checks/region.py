"""Whether the region has the services, as the catalogue and the installed SDKs tell it."""

from collections.abc import Iterator
from typing import Final

from catalogue import regions
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok, warn

# Services of AWS that every stack needs, by botocore's names; IAM and Budgets have no regions.
_AWS: Final = ("athena", "glue", "kms", "s3", "sagemaker", "sagemaker-runtime")


def check(case: Case, cloud: str) -> Iterator[Finding]:
    """The region of a cloud's section."""
    region = str(getattr(case.settings, cloud).region)
    place = f"{case.file}: {cloud}.region"
    if cloud == "aws":
        yield _of_aws(region, place)
    elif cloud == "gcp":
        yield _of_gcp(region, place)


def _of_aws(region: str, place: str) -> Finding:
    import boto3

    session = boto3.Session(region_name=region)
    missing = [name for name in _AWS if region not in session.get_available_regions(name)]
    if missing:
        # botocore's list is of its release: a newer region may have them by now.
        text = f"{region} has no {', '.join(missing)}, as the installed botocore knows it"
        return warn(text, place, "look at AWS's regional services, or take another region")
    return ok(f"{region} has SageMaker, Glue, Athena, KMS and S3", place)


def _of_gcp(region: str, place: str) -> Finding:
    if region not in regions("gcp"):
        near = sorted(name for name in regions("gcp") if name[:4] == region[:4])
        remedy = f"take another, such as {', '.join(near[:3] or ['us-central1'])}"
        return fail(f"Vertex AI is not in {region}", place, remedy)
    return ok(f"{region} has Vertex AI", place)
