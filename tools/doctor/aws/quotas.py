"""SageMaker's quotas of the instances that the stack asks for."""

from collections.abc import Iterator

from catalogue.quotas import of_sagemaker
from tools.doctor.aws import client
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail
from tools.doctor.quota import judged
from tools.doctor.wanted import of_aws


def check(case: Case) -> Iterator[Finding]:
    """Each quota against what is wanted of it."""
    region = case.aws.region
    pages = client("service-quotas", region).get_paginator("list_service_quotas")
    limits = {
        quota["QuotaName"]: quota
        for page in pages.paginate(ServiceCode="sagemaker")
        for quota in page["Quotas"]
    }
    place = f"{case.aws.account_id} {region}"
    for machines in of_aws(case.settings):
        name = of_sagemaker(machines.type, machines.use)
        quota = limits.get(name)
        if quota is None:
            remedy = f"choose another {machines.setting}, or another region"
            yield fail(f"there is no {name} in {region}", place, remedy)
            continue
        ask = (
            "aws service-quotas request-service-quota-increase --service-code sagemaker "
            f"--quota-code {quota['QuotaCode']} --region {region} --desired-value"
        )
        yield judged(
            name,
            int(quota["Value"]),
            machines.least,
            machines.most,
            place=place,
            remedy=lambda count, ask=ask, setting=machines.setting: (  # type: ignore[misc]
                f"{ask} {count}; or choose another {setting}"
            ),
        )
