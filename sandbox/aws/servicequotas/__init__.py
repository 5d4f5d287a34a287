"""Service Quotas of SageMaker, which moto lacks; its others are moto's.

A request for an increase is granted at once, and for less than before as well: that is how a limit
is tried here.
"""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.paging import page
from sandbox.aws.sagemaker.limits import DEFAULT, Limits, names
from sandbox.aws.validation import validate

SERVICE = "sagemaker"
_PAGE = 100


class _Quotas:
    def __init__(self, context: Context) -> None:
        self._limits = Limits(context)

    def listing(self, call: Call) -> Any:
        """The limits as they are."""
        return self._listed(call, applied=True)

    def defaults(self, call: Call) -> Any:
        """The limits of a new account."""
        if call.params.get("ServiceCode") != SERVICE:
            return call.original()
        return self._listed(call, applied=False)

    def get(self, call: Call) -> Any:
        if call.params.get("ServiceCode") != SERVICE:
            return call.original()
        return {"Quota": self._described(call, self._named(call), applied=True)}

    def request(self, call: Call) -> dict[str, Any]:
        """Grant what is asked for."""
        validate("service-quotas", "RequestServiceQuotaIncrease", call.params)
        self._require(call)
        name, wanted = self._named(call), float(call.params["DesiredValue"])
        self._limits.change(call.account, call.region, name, int(wanted))
        moment = datetime.now(UTC).replace(tzinfo=None)
        quota = self._described(call, name, applied=True)
        shared = ("ServiceCode", "ServiceName", "QuotaArn", "QuotaCode", "QuotaName", "Unit")
        change = {key: quota[key] for key in shared}
        change |= {"Id": uuid.uuid4().hex, "DesiredValue": wanted, "Status": "APPROVED"}
        return {"RequestedQuota": {**change, "Created": moment, "LastUpdated": moment}}

    @staticmethod
    def _require(call: Call) -> None:
        if call.params.get("ServiceCode") != SERVICE:
            raise Refusal(
                "NoSuchResourceException",
                f"The sandbox has no quotas of {call.params.get('ServiceCode')} to change or list.",
            )

    def _listed(self, call: Call, *, applied: bool) -> dict[str, Any]:
        self._require(call)
        found, token = page(list(names()), call.params, limit=_PAGE)
        quotas = [self._described(call, name, applied=applied) for name in found]
        return {"Quotas": quotas, **({"NextToken": token} if token else {})}

    @staticmethod
    def _named(call: Call) -> str:
        code = call.params["QuotaCode"]
        for name in names():
            if _code(name) == code:
                return name
        raise Refusal(
            "NoSuchResourceException",
            "The request failed because the specified quota does not exist.",
        )

    def _described(self, call: Call, name: str, *, applied: bool) -> dict[str, Any]:
        code = _code(name)
        limit = self._limits.of(call.account, call.region, name) if applied else DEFAULT
        place = f"{call.region}:{call.account}" if applied else f"{call.region}:"
        return {
            "ServiceCode": SERVICE,
            "ServiceName": "Amazon SageMaker",
            "QuotaArn": f"arn:{call.response.partition}:servicequotas:{place}:{SERVICE}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(limit),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }


def _code(name: str) -> str:
    """Of the form that the cloud's codes have; made from the name."""
    return f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"


def install(context: Context) -> None:
    """Plug the operations in."""
    quotas = _Quotas(context)
    context.operation("service-quotas", "ListServiceQuotas", quotas.listing)
    context.operation("service-quotas", "ListAWSDefaultServiceQuotas", quotas.defaults)
    context.operation("service-quotas", "GetServiceQuota", quotas.get)
    context.operation("service-quotas", "RequestServiceQuotaIncrease", quotas.request)
