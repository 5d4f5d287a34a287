"""The provider ``trimaran``: which handler does which resource."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from plugin.handler import Handler
from plugin.provider import Provider, token_of

NAME: Final = "trimaran"
VERSION: Final = "0.1.0"

# Token to module and class. A handler is imported when the engine first asks for its token: one
# cloud's code costs nothing where only another cloud's is used.
HANDLERS: Final[Mapping[str, str]] = {
    "trimaran:index:QualityGate": "components.runs.quality_gate:QualityGateHandler",
    "trimaran:index:SealedObject": "components.runs.sealed_object:SealedObjectHandler",
    "trimaran:index:ServerCredentials": (
        "components.runs.server_credentials:ServerCredentialsHandler"
    ),
    "trimaran:aws:EndpointRelease": "components.aws.runs.endpoint_release:EndpointReleaseHandler",
    "trimaran:aws:GlueJobRun": "components.aws.runs.glue_job_run:GlueJobRunHandler",
    "trimaran:aws:TrainingResult": "components.aws.runs.training_result:TrainingResultHandler",
    "trimaran:azure:BlobUpload": "components.azure.runs.blob_upload:BlobUploadHandler",
    "trimaran:azure:JobResult": "components.azure.runs.job_result:JobResultHandler",
    "trimaran:azure:Traffic": "components.azure.runs.traffic:TrafficHandler",
    "trimaran:azure:TransferRun": "components.azure.runs.transfer_run:TransferRunHandler",
    "trimaran:gcp:AutomlJob": "components.gcp.vertex.automl_job:AutomlJobHandler",
    "trimaran:gcp:CustomJob": "components.gcp.vertex.custom_job:CustomJobHandler",
    "trimaran:gcp:DataflowRun": "components.gcp.runs.dataflow_run:DataflowRunHandler",
    "trimaran:gcp:Deployment": "components.gcp.vertex.deployment:DeploymentHandler",
    "trimaran:gcp:Model": "components.gcp.vertex.model:ModelHandler",
    "trimaran:gcp:ModelMonitoring": (
        "components.gcp.vertex.model_monitoring:ModelMonitoringHandler"
    ),
    "trimaran:gcp:ServiceAgent": "components.gcp.runs.service_agent:ServiceAgentHandler",
    "trimaran:gcp:TabularDataset": "components.gcp.vertex.tabular_dataset:TabularDatasetHandler",
    "trimaran:gcp:TransferRun": "components.gcp.runs.transfer_run:TransferRunHandler",
    "trimaran:gcp:TuningJob": "components.gcp.vertex.tuning_job:TuningJobHandler",
}


class TrimaranProvider(Provider):
    """The project's own provider, for what has to wait."""

    def __init__(self) -> None:
        super().__init__(name=NAME, version=VERSION, handlers=())

    def handler_for(self, urn: str) -> Handler:
        token = token_of(urn)
        if token in HANDLERS and token not in self.handlers:
            module, _, name = HANDLERS[token].partition(":")
            self.handlers[token] = getattr(import_module(module), name)()
        return super().handler_for(urn)
