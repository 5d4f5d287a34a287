"""GuardDuty: one detector a region, features kept by name, tags; nothing is ever found."""

from typing import Any

from moto.guardduty import urls
from moto.guardduty.models import Detector, GuardDutyBackend, guardduty_backends
from moto.guardduty.responses import GuardDutyResponse

from sandbox.aws.context import Call, Context, Refusal


def _backend(call: Call) -> GuardDutyBackend:
    backend: GuardDutyBackend = guardduty_backends[call.account][call.region]
    return backend


def create_detector(call: Call) -> Any:
    """moto would make another."""
    if _backend(call).detectors:
        raise Refusal(
            "BadRequestException",
            "The request is rejected because a detector already exists for the current account.",
        )
    return call.original()


def update_detector(call: Call) -> dict[str, object]:
    """moto would take the features that are given for all there are."""
    params = call.params
    detector: Detector = _backend(call).get_detector(params["DetectorId"])
    features = {feature["name"]: feature for feature in detector.features}
    for given in params.get("Features") or ():
        features[given["Name"]] = {"name": given["Name"], "status": given["Status"]}
    detector.features = list(features.values())
    if params.get("Enable") is not None:
        detector.enabled = bool(params["Enable"])
    if params.get("FindingPublishingFrequency"):
        detector.finding_publish_freq = str(params["FindingPublishingFrequency"])
    return {}


def _tagged(call: Call) -> Detector:
    detector: Detector = _backend(call).get_detector(call.params["ResourceArn"].rsplit("/", 1)[-1])
    return detector


def list_tags(call: Call) -> dict[str, object]:
    """A detector's tags."""
    return {"Tags": _tagged(call).tags}


def tag(call: Call) -> dict[str, object]:
    """Sets some."""
    _tagged(call).tags.update(call.params["Tags"])
    return {}


def untag(call: Call) -> dict[str, object]:
    """Removes some."""
    tags = _tagged(call).tags
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


def install(context: Context) -> None:
    """Plug the operations in; moto has no route for tags."""
    urls.url_paths["{0}/tags/(?P<resource_arn>.+)$"] = GuardDutyResponse.dispatch
    context.operation("guardduty", "CreateDetector", create_detector)
    context.operation("guardduty", "UpdateDetector", update_detector)
    context.operation("guardduty", "ListTagsForResource", list_tags)
    context.operation("guardduty", "TagResource", tag)
    context.operation("guardduty", "UntagResource", untag)
