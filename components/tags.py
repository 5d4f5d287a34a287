"""The tags that every taggable resource carries."""

from collections.abc import Mapping

from components.naming import Sensitivity

MANAGED_BY = "pulumi"


def base_tags(
    *, project: str, stack: str, owner: str, data_class: str, purpose: str
) -> dict[str, str]:
    """Who owns a resource, which stack made it, how its data is classified, and what it is for.

    Lower case throughout, since GCP labels allow nothing else.
    """
    return {
        "project": project,
        "stack": stack,
        # One tag that tells this stack from all others in the account, for the budget's filter.
        "platform": f"{project}-{stack}",
        "owner": owner,
        "data-class": data_class,
        # GDPR article 5(1)(b): data is collected for specified purposes; policy rules ask for it.
        "purpose": purpose,
        "managed-by": MANAGED_BY,
    }


def with_sensitivity(tags: Mapping[str, str], sensitivity: Sensitivity) -> dict[str, str]:
    """``tags`` and the class of data that the resource holds."""
    return {**tags, "sensitivity": sensitivity.value}
