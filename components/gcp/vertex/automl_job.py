"""AutoML training of a tabular model, as a resource: run once per content, waited for, measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.vertex import pipelines
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, State
from plugin.provider import Context
from plugin.values import contains_unknown

TYPE: Final = "trimaran:gcp:AutomlJob"
DEFINITION: Final = (
    "gs://google-cloud-aiplatform/schema/trainingjob/definition/automl_tabular_1.0.0.yaml"
)
LEAST_BUDGET: Final = 1000
MOST_BUDGET: Final = 72000
# The objectives that need no further number, by the kind of prediction.
# https://cloud.google.com/vertex-ai/docs/tabular-data/classification-regression/train-model
OBJECTIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "classification": ("minimize-log-loss", "maximize-au-roc", "maximize-au-prc"),
    "regression": ("minimize-rmse", "minimize-mae", "minimize-rmsle"),
}


@dataclass(frozen=True, kw_only=True)
class AutomlJobArgs:
    """The table, what to predict in it, and how long to search."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    name: pulumi.Input[str]
    """Display name; must hold a hash of everything that makes the job what it is."""
    dataset_name: pulumi.Input[str]
    """``projects/…/datasets/ID``."""
    model_id: pulumi.Input[str]
    """Id of the model whose version this becomes; the first version creates it."""
    target_column: pulumi.Input[str]
    columns: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Column to transformation (``auto``, ``numeric``, ``categorical``, …), without the target."""
    prediction_type: pulumi.Input[str] = "classification"
    optimization_objective: pulumi.Input[str] | None = None
    """The service's own for the kind of prediction by default."""
    budget_milli_node_hours: pulumi.Input[int] = LEAST_BUDGET
    """The most that the search may cost; 1,000 is one node hour."""
    early_stopping: pulumi.Input[bool] = True
    """Ends the search before the budget is used up once nothing improves."""
    split: pulumi.Input[Mapping[str, Any]] | None = None
    """``fractionSplit`` or ``predefinedSplit`` of the API's ``InputDataConfig``, in its names."""
    kms_key_name: pulumi.Input[str] | None = None
    """Key of the job and of the model."""
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None


class AutomlJob(RunResource):
    """Runs an AutoML tabular training pipeline and waits for its end; gives the model measured.

    Another content is another pipeline and another version of the model. Deleting this resource
    cancels the pipeline if it still runs and deletes its record and the model's version.
    """

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    name: pulumi.Output[str]
    dataset_name: pulumi.Output[str]
    model_id: pulumi.Output[str]
    target_column: pulumi.Output[str]
    columns: pulumi.Output[Mapping[str, str]]
    prediction_type: pulumi.Output[str]
    optimization_objective: pulumi.Output[str | None]
    budget_milli_node_hours: pulumi.Output[int]
    early_stopping: pulumi.Output[bool]
    split: pulumi.Output[Mapping[str, Any] | None]
    kms_key_name: pulumi.Output[str | None]
    labels: pulumi.Output[Mapping[str, str] | None]
    resource_name: pulumi.Output[str]
    """``projects/…/locations/…/trainingPipelines/ID``."""
    model_version_name: pulumi.Output[str]
    """``projects/…/models/ID@VERSION``: what can be deployed."""
    evaluation: pulumi.Output[Mapping[str, float]]
    """The numbers of the model's evaluation on its test rows; of a classifier with ``accuracy``,
    the share of its confusion matrix's diagonal."""

    def __init__(
        self, name: str, args: AutomlJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class AutomlJobHandler(Handler):
    """Starts or adopts the pipeline, waits, then reads its model's evaluation once."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset(
        {
            "project",
            "region",
            "name",
            "datasetName",
            "modelId",
            "targetColumn",
            "columns",
            "predictionType",
            "optimizationObjective",
            "budgetMilliNodeHours",
            "earlyStopping",
            "split",
            "kmsKeyName",
        }
    )
    computed: ClassVar[frozenset[str]] = frozenset(
        {"resourceName", "modelVersionName", "evaluation"}
    )
    volatile: ClassVar[frozenset[str]] = frozenset({"modelVersionName", "evaluation"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        return new, [
            CheckFailure(property=place, reason=reason) for place, reason in _refusals(new)
        ]

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return pipelines.run(context, inputs, _body(inputs))

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        if self.computed <= outputs.keys():
            return {**new, **{key: outputs[key] for key in self.computed}}
        return self.preview_create(new)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if not self.computed <= outputs.keys():  # what an interruption or a failure left
            return self.create(context, new)[1]
        # Only labels change in place, and a pipeline that has ended keeps those it has.
        return {key: outputs[key] for key in self.computed}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        return pipelines.refresh(resource_id, outputs, computed=self.computed)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        pipelines.discard(context, outputs)


def _refusals(new: Properties) -> list[tuple[str, str]]:
    found = []
    budget = new.get("budgetMilliNodeHours")
    if not contains_unknown(budget) and not LEAST_BUDGET <= int(budget or 0) <= MOST_BUDGET:
        reason = f"must be between {LEAST_BUDGET} and {MOST_BUDGET}, not {budget}"
        found.append(("budgetMilliNodeHours", reason))
    kind, objective = new["predictionType"], new.get("optimizationObjective")
    if not contains_unknown([kind, objective]):
        if kind not in OBJECTIVES:
            found.append(("predictionType", f"must be one of {', '.join(OBJECTIVES)}"))
        elif objective and objective not in OBJECTIVES[kind]:
            known = ", ".join(OBJECTIVES[kind])
            found.append(("optimizationObjective", f"must be one of {known} for {kind}"))
    columns, target = new.get("columns"), new.get("targetColumn")
    if not contains_unknown([columns, target]) and (not columns or target in columns):
        found.append(("columns", "must name at least one column, and not the target"))
    split = new.get("split")
    if not contains_unknown(split) and split and len(split) != 1:
        found.append(("split", "must have exactly one way to split"))
    return found


def _body(inputs: Properties) -> dict[str, Any]:
    task: dict[str, Any] = {
        "predictionType": inputs["predictionType"],
        "targetColumn": inputs["targetColumn"],
        "transformations": [
            {kind: {"columnName": column}} for column, kind in sorted(inputs["columns"].items())
        ],
        # The API writes 64-bit numbers as text.
        "trainBudgetMilliNodeHours": str(int(inputs["budgetMilliNodeHours"])),
        "disableEarlyStopping": not inputs.get("earlyStopping", True),
    }
    if inputs.get("optimizationObjective"):
        task["optimizationObjective"] = inputs["optimizationObjective"]
    labels = dict(inputs.get("labels") or {})
    body: dict[str, Any] = {
        "displayName": inputs["name"],
        "trainingTaskDefinition": DEFINITION,
        "trainingTaskInputs": task,
        "inputDataConfig": {
            "datasetId": str(inputs["datasetName"]).rsplit("/", 1)[-1],
            **(inputs.get("split") or {}),
        },
        "modelToUpload": {"displayName": inputs["modelId"], "labels": labels},
        "labels": labels,
    }
    if inputs.get("kmsKeyName"):
        key = {"kmsKeyName": inputs["kmsKeyName"]}
        body["encryptionSpec"] = key
        body["modelToUpload"]["encryptionSpec"] = key
    return body
