"""AutoML: Google searches for a model of the raw table, to compare the trained one with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.gcp.labels import labels_of
from components.gcp.vertex.automl_job import AutomlJob, AutomlJobArgs
from components.gcp.vertex.tabular_dataset import TabularDataset, TabularDatasetArgs
from components.naming import Sensitivity, content_name
from components.tags import with_sensitivity

_MILLI: Final = 1000
_NAME_LIMIT: Final = 128


@dataclass(frozen=True, kw_only=True)
class AutomlArgs:
    """The table, what to predict, and how long to search."""

    project_id: str
    region: str
    raw_table_uri: pulumi.Input[str]
    """Folder of the raw table's file."""
    file_name: str
    data_sha256: str
    features: Sequence[str]
    """Numeric columns."""
    target: str
    train_fraction: float
    validation_fraction: float
    split_column: str | None
    """Column that names each row's set, in place of the fractions."""
    objective: str | None
    budget_node_hours: float
    early_stopping: bool
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    keep_records: bool
    """Leave the job's record in the cloud when a newer job takes its place."""
    tags: Mapping[str, str]


class Automl(pulumi.ComponentResource):
    """A data set and one search per content: the same table and settings never search twice.

    What it finds is a version in the model registry with an evaluation of its own test rows, shown
    beside the trained model's. Nothing is deployed from it: AutoML's models take and give other
    bodies (``{"classes": [...], "scores": [...]}``) than those that clients of the endpoint know.
    """

    model_version_name: pulumi.Output[str]
    evaluation: pulumi.Output[Mapping[str, float]]

    def __init__(
        self, name: str, args: AutomlArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Automl", name, None, opts)
        self._args = args
        dataset = self._dataset(name)
        job = self._job(name, dataset)
        self.model_version_name = job.model_version_name
        self.evaluation = job.evaluation
        self.register_outputs(
            {"model_version_name": self.model_version_name, "evaluation": self.evaluation}
        )

    def _dataset(self, name: str) -> TabularDataset:
        args = self._args
        uri = pulumi.Output.concat(args.raw_table_uri, args.file_name)
        key = args.key_ids[Sensitivity.DATA]
        content = {"uri": uri, "data": args.data_sha256, "key": key}
        return TabularDataset(
            name,
            TabularDatasetArgs(
                project=args.project_id,
                region=args.region,
                name=self._content_name(f"{name}-table", content),
                uris=[uri],
                kms_key_name=key,
                labels=labels_of(with_sensitivity(args.tags, Sensitivity.DATA)),
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _job(self, name: str, dataset: TabularDataset) -> AutomlJob:
        args = self._args
        columns = dict.fromkeys(args.features, "numeric")
        budget = round(args.budget_node_hours * _MILLI)
        content = {
            "dataset": dataset.name,
            "target": args.target,
            "columns": columns,
            "split": self._split(),
            "objective": args.objective,
            "budget": budget,
            "early_stopping": args.early_stopping,
            "key": args.key_ids[Sensitivity.MODEL],
        }
        return AutomlJob(
            name,
            AutomlJobArgs(
                project=args.project_id,
                region=args.region,
                name=self._content_name(f"{name}-automl", content),
                dataset_name=dataset.resource_name,
                model_id=f"{name}-automl".lower(),
                target_column=args.target,
                columns=columns,
                optimization_objective=args.objective,
                budget_milli_node_hours=budget,
                early_stopping=args.early_stopping,
                split=self._split(),
                kms_key_name=args.key_ids[Sensitivity.MODEL],
                labels=labels_of(with_sensitivity(args.tags, Sensitivity.MODEL)),
            ),
            pulumi.ResourceOptions(parent=self, retain_on_delete=args.keep_records),
        )

    def _split(self) -> dict[str, Any]:
        args = self._args
        if args.split_column is not None:
            return {"predefinedSplit": {"key": args.split_column}}
        rest = round(1 - args.train_fraction - args.validation_fraction, 6)
        return {
            "fractionSplit": {
                "trainingFraction": args.train_fraction,
                "validationFraction": args.validation_fraction,
                "testFraction": rest,
            }
        }

    def _content_name(self, name: str, content: Mapping[str, Any]) -> pulumi.Output[str]:
        everything = pulumi.Output.all(**content)
        return everything.apply(lambda known: content_name(name, known, limit=_NAME_LIMIT))
