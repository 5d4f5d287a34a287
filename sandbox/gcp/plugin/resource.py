"""What all tokens of the imitated ``gcp`` provider have: :class:`GcpResource`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from plugin import CheckFailure, Context, Difference
from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin import labels
from sandbox.gcp.plugin.cloud import Cloud, Configuration, GoogleError, explained
from sandbox.plugins.resource import ImitatedResource
from sandbox.plugins.schema import Sdk

SDK: Final = Sdk("pulumi_gcp")
POLICY: Final = "deletionPolicy"
_POLICIES: Final = ("DELETE", "PREVENT", "ABANDON")


class GcpResource(ImitatedResource[Cloud]):
    """One token of the imitated ``gcp`` provider.

    ``deletionPolicy`` works for every token that has it: ``PREVENT`` refuses a deletion, with
    ``ABANDON`` the resource stays in the cloud.
    """

    sdk = SDK
    refusals = (GoogleError, OSError)
    places: ClassVar[frozenset[str]] = frozenset({"project"})
    """Inputs that the provider's configuration gives when the program does not."""
    chosen_by_cloud: ClassVar[tuple[str, ...]] = ()
    """Paths of nested inputs that programs leave to the cloud, such as ``conditions[].name``."""
    labelled: ClassVar[bool] = False
    """Whether the token has ``pulumiLabels`` and ``effectiveLabels``."""

    def cloud(self, context: Context, properties: Properties) -> Cloud:
        configuration = context.configuration or Configuration()
        added = properties.get(labels.KEY) or {}
        return Cloud(self._endpoint_url, configuration, context, added)

    def explained(self, title: str, error: Exception) -> ResourceFailedError:
        return explained(title, error)

    def is_gone(self, error: Exception) -> bool:
        return isinstance(error, GoogleError) and error.status == 404

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        inputs, failures = super().check(context, old, new)
        policy = inputs.get(POLICY)
        if isinstance(policy, str) and policy not in _POLICIES:
            reason = f"{policy!r} is not allowed; allowed: {', '.join(_POLICIES)}"
            failures.append(CheckFailure(property=POLICY, reason=reason))
        return inputs, failures

    def provide(self, context: Context, old: Properties, inputs: dict[str, Any]) -> None:
        configuration = context.configuration or Configuration()
        known = self.schema.inputs
        for name, value in (
            ("project", configuration.project),
            ("region", configuration.region),
        ):
            if name in self.places and name in known:
                inputs.setdefault(name, value)
        if self.labelled:
            inputs[labels.KEY] = labels.added(configuration, old)

    def derived(self, properties: Properties) -> dict[str, Any]:
        # After a creation or a refresh the cloud has told them: see :meth:`look`.
        if not self.labelled or "effectiveLabels" in properties:
            return {}
        return labels.derived(properties)

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        previewed = dict(super().preview_update(outputs, new))
        if self.labelled:
            added = new.get(labels.KEY) or {}
            previewed |= labels.derived(new)
            if isinstance(previewed["pulumiLabels"], Mapping):
                previewed["effectiveLabels"] = labels.effective(added, outputs, new)
        return previewed

    def look(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().look(cloud, resource_id, known)
        if found is None or not self.labelled:
            return found
        return labels.told(found, cloud.labels, known)

    def imported(self, cloud: Cloud, found: Properties) -> dict[str, Any]:
        declared = super().imported(cloud, found)
        for path in self.chosen_by_cloud:
            declared = without(declared, path)
        return declared

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        difference = super().diff(context, resource_id, old, new)
        if (old.get(labels.KEY) or {}) == (new.get(labels.KEY) or {}):
            return difference
        return replace(difference, changed={**difference.changed, "pulumiLabels": "update"})

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        policy = outputs.get(POLICY)
        if policy == "PREVENT":
            raise ResourceFailedError(
                f"cannot destroy {self._title(context)} without setting {POLICY} to DELETE and "
                "running `pulumi up` first"
            )
        if policy != "ABANDON":
            super().delete(context, resource_id, outputs)


def without(value: Any, path: str) -> Any:
    """A value without what is at a path such as ``conditions[].name``."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    if not isinstance(value, Mapping) or value.get(name) is None:
        return value
    if not rest:
        return {key: item for key, item in value.items() if key != name}
    if head.endswith("[]"):
        return {**value, name: [without(item, rest) for item in value[name]]}
    return {**value, name: without(value[name], rest)}
