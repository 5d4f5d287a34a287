"""Labels as the provider keeps them: the program's, the provider's and the cloud's apart.

``labels`` are what the program says, ``pulumiLabels`` those and what the provider's configuration
adds, ``effectiveLabels`` all that the resource has. Labels of others are left alone.

Source: ``SetLabelsDiff`` of the Terraform provider for Google Cloud (``tpgresource/labels.go``).
"""

from collections.abc import Mapping
from typing import Any, Final

from plugin import UNKNOWN, contains_unknown
from sandbox.gcp.plugin.cloud import Configuration

KEY: Final = "__labels"
"""Where the inputs keep what the provider's configuration added."""
ATTRIBUTION: Final = {"goog-pulumi-provisioned": "true"}


def added(configuration: Configuration, old: Mapping[str, Any]) -> dict[str, str]:
    """The labels that the configuration adds; ``old`` are the inputs of an existing resource.

    The attribution is given at creation only, unless the configuration says otherwise.
    """
    wanted = configuration.attribution and (
        not old or configuration.attribution_always or bool(ATTRIBUTION.items() <= _given(old))
    )
    return {**configuration.default_labels, **(ATTRIBUTION if wanted else {})}


def _given(old: Mapping[str, Any]) -> Any:
    return (old.get(KEY) or {}).items()


def derived(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The two outputs as far as the inputs tell."""
    own = properties.get("labels")
    if own is UNKNOWN:
        return {"effectiveLabels": UNKNOWN, "pulumiLabels": UNKNOWN}
    wanted = {**(properties.get(KEY) or {}), **(own or {})}
    known: Any = UNKNOWN if contains_unknown(wanted) else wanted
    return {"effectiveLabels": known, "pulumiLabels": known}


def effective(
    added_now: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, str]:
    """All labels a resource shall have; ``old`` are its last outputs, nothing for a new one."""
    ours = old.get("pulumiLabels") or {}
    others = {
        name: text for name, text in (old.get("effectiveLabels") or {}).items() if name not in ours
    }
    return {**others, **added_now, **(new.get("labels") or {})}


def told(
    found: dict[str, Any], added_now: Mapping[str, str], known: Mapping[str, Any]
) -> dict[str, Any]:
    """What was found, with the cloud's one map of labels split into the three."""
    present: dict[str, str] = found.get("labels") or {}
    own = {name: present[name] for name in known.get("labels") or {} if name in present}
    ours = {name: present[name] for name in added_now if name in present}
    return {
        **found,
        "labels": own or None,
        "pulumiLabels": {**ours, **own},
        "effectiveLabels": present,
    }
