"""What the clouds' preparation jobs have in common as resources: one run for each content.

The job writes its data sets under ``processedUri`` and is run again when, and only when,
``trigger`` or that place changes.
"""

from abc import abstractmethod
from typing import Any

from plugin.handler import Handler, Properties
from plugin.provider import Context
from plugin.values import UNKNOWN

SETS = ("train", "validation", "test", "statistics")


def datasets(processed_uri: Any) -> Any:
    """The addresses of the data sets that the job writes; unknown where the prefix is."""
    if processed_uri is UNKNOWN:
        return UNKNOWN
    base = str(processed_uri).rstrip("/")
    return {name: f"{base}/{name}/" for name in SETS}


def statistics_uri(properties: Properties) -> str:
    """The file that is written last: with it, the data sets are there."""
    return f"{datasets(properties['processedUri'])['statistics']}statistics.json"


class PreparationHandler(Handler):
    """The life of a preparation's run, but for how it is run, found and stopped."""

    @abstractmethod
    def run(self, context: Context, inputs: Properties) -> dict[str, Any]:
        """Has the job run once with these inputs; returns the outputs."""

    def preview_create(self, inputs: Properties) -> Properties:
        return {**super().preview_create(inputs), "datasets": datasets(inputs["processedUri"])}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        known = super().preview_update(outputs, new)
        return {**known, "datasets": datasets(new["processedUri"])}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        moved = outputs.get("processedUri") != new["processedUri"]
        if not moved and outputs.get("trigger") == new["trigger"]:
            # Only a setting of the next run changed.
            return {key: outputs[key] for key in self.computed if key in outputs}
        return self.run(context, new)
