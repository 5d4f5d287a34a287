"""Resources of Vertex AI that are recorded only."""

from sandbox.gcp.context import Context, now
from sandbox.gcp.recorded.collection import Collection
from sandbox.gcp.vertex.resources import PARENT
from sandbox.router import Handler, Request
from sandbox.store import Record


def _running(record: Record, _: Request) -> None:
    record.update(state="JOB_STATE_RUNNING", scheduleState="RUNNING", nextScheduleTime=now())


def install(context: Context) -> None:
    """Model monitoring jobs, tensorboards; the list of locations."""
    for version in ("/v1", "/v1beta1"):
        jobs = Collection(
            context=context,
            version=version,
            parent=PARENT,
            name="modelDeploymentMonitoringJobs",
            complete=_running,
            by_number=True,
        )
        base = f"{version}/{PARENT}/modelDeploymentMonitoringJobs/{{id}}"

        def set_state(state: str, jobs: Collection = jobs) -> Handler:
            def act(request: Request) -> Record:
                jobs.save({**jobs.find(request), "state": state})
                return {}

            return act

        context.route("POST", f"{base}:pause", set_state("JOB_STATE_PAUSED"))
        context.route("POST", f"{base}:resume", set_state("JOB_STATE_RUNNING"))
        api = f"google.cloud.aiplatform.{version[1:]}"
        Collection(
            context=context,
            version=version,
            parent=PARENT,
            name="tensorboards",
            by_number=True,
            operation=f"{api}.Tensorboard",
        )
        context.route("GET", f"{version}/{PARENT}", _location)


def _location(request: Request) -> Record:
    location = request.variables["location"]
    name = f"projects/{request.variables['project']}/locations/{location}"
    return {"name": name, "locationId": location}
