"""``gcp:kms/cryptoKey:CryptoKey``."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from plugin import UNKNOWN, CheckFailure
from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import matches, one_of

_SHORTEST: Final = 86400
_RING: Final = r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+"


def _rotation(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
    period = inputs.get("rotationPeriod")
    if period is None or period is UNKNOWN:
        return
    number = str(period).removesuffix("s")
    try:
        seconds = float(number)
    except ValueError:
        seconds = -1.0
    if not str(period).endswith("s") or seconds < _SHORTEST:
        reason = f"{period!r}: expected seconds such as 7776000s, at least {_SHORTEST}s (a day)"
        yield CheckFailure(property="rotationPeriod", reason=reason)


class CryptoKey(RestResource):
    """A key with its versions.

    The cloud never deletes a key: destroying it schedules all its versions for destruction, stops
    its rotation and takes it out of the state. Its name stays taken.
    """

    token = "gcp:kms/cryptoKey:CryptoKey"
    immutable = frozenset(
        {
            "cryptoKeyBackend",
            "destroyScheduledDuration",
            "importOnly",
            "keyRing",
            "name",
            "purpose",
            "skipInitialVersionCreation",
        }
    )
    mutable = frozenset({"deletionPolicy", "labels", "rotationPeriod", "versionTemplate"})
    local = frozenset({"deletionPolicy", "skipInitialVersionCreation"})
    defaults = {"purpose": "ENCRYPT_DECRYPT"}
    unknown_until_created = frozenset(
        {"cryptoKeyBackend", "destroyScheduledDuration", "importOnly", "versionTemplate"}
    )
    places = frozenset()
    labelled = True
    auto_name = AutoName("name", 63)
    parent = "{keyRing}"
    kind = "cryptoKeys"
    id_parameter = "cryptoKeyId"
    rules = (
        _rotation,
        matches("name", r"[a-zA-Z0-9_-]{1,63}", "1 to 63 letters, digits, _ and - are allowed"),
        matches("keyRing", _RING, "expected the key ring's id, projects/.../keyRings/..."),
        one_of(
            "purpose",
            {
                "ENCRYPT_DECRYPT",
                "ASYMMETRIC_SIGN",
                "ASYMMETRIC_DECRYPT",
                "MAC",
                "RAW_ENCRYPT_DECRYPT",
                "KEY_ENCAPSULATION",
            },
        ),
        one_of("versionTemplate.protectionLevel", {"SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC"}),
    )

    def query(self, inputs: Properties) -> Mapping[str, str | None]:
        skip = inputs.get("skipInitialVersionCreation")
        return {"skipInitialVersionCreation": "true" if skip else None}

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        if body.get("rotationPeriod"):
            body["nextRotationTime"] = _after(str(body["rotationPeriod"]))
        return body

    def parts_of(self, resource_id: str) -> dict[str, str]:
        ring, _, name = resource_id.partition("/cryptoKeys/")
        return {"keyRing": ring, "name": name}

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        primary = answer.get("primary")
        kept = {key: primary[key] for key in ("name", "state") if key in primary} if primary else {}
        return {"importOnly": bool(answer.get("importOnly")), "primaries": [kept] if kept else []}

    def patch(
        self,
        cloud: Cloud,
        resource_id: str,
        sent: dict[str, Any],
        paths: list[str],
        old: Properties,
    ) -> None:
        if "rotationPeriod" in paths:
            paths = [*paths, "nextRotationTime"]
            if "rotationPeriod" in sent:
                sent["nextRotationTime"] = _after(str(sent["rotationPeriod"]))
        super().patch(cloud, resource_id, sent, paths, old)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        path = f"/v1/{resource_id}/cryptoKeyVersions"
        token: str | None = None
        while True:
            page = cloud.call("GET", path, query={"pageToken": token})
            for version in page.get("cryptoKeyVersions", []):
                if version["state"] in ("ENABLED", "DISABLED"):
                    cloud.call("POST", f"/v1/{version['name']}:destroy", body={})
            token = page.get("nextPageToken")
            if not token:
                break
        if outputs.get("rotationPeriod"):
            query = {"updateMask": "rotationPeriod,nextRotationTime"}
            cloud.call("PATCH", f"/v1/{resource_id}", query=query, body={})


def _after(period: str) -> str:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(period.removesuffix("s")))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
