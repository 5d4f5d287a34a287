"""What the settings of AWS's endpoint mean for its component."""

from components.aws.serving import Serverless
from stacks.aws_settings import AwsSettings


def job_of(model_data_url: str) -> str:
    """The training job that stored a model: the cloud lays it at ``…/JOB/output/model.tar.gz``."""
    return model_data_url.split("/")[-3]


def serverless_of(settings: AwsSettings) -> Serverless | None:
    """The variant without instances, if the endpoint has one."""
    serverless = settings.serving.serverless
    if serverless is None:
        return None
    return Serverless(**serverless.model_dump())
