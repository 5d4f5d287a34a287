"""Arguments of a job run: how they merge, what Glue itself reads in them.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement

from sandbox.errors import JobError


@dataclass(frozen=True, kw_only=True)
class LogPlaces:
    """Log groups of a run. `everything` also receives all lines where a group was asked for."""

    prefix: str
    output: str
    error: str
    stream: str
    everything: str | None


def merge(defaults: dict[str, str], given: dict[str, str], fixed: dict[str, str]) -> dict[str, str]:
    """Arguments of the run win over the job's defaults; non-overridable ones win over both."""
    return {**defaults, **given, **fixed}


def command_line(
    arguments: dict[str, str], *, job_name: str, job_id: str, run_id: str
) -> list[str]:
    """The script's arguments, as ``--name value`` pairs; Glue's own come along."""
    own = {"--JOB_NAME": job_name, "--JOB_ID": job_id, "--JOB_RUN_ID": run_id}
    line: list[str] = []
    for name, value in {**arguments, **own}.items():
        line += [name if name.startswith("--") else f"--{name}", str(value)]
    return line


def listed(arguments: dict[str, str], name: str) -> list[str]:
    """A comma-separated argument."""
    return [part.strip() for part in arguments.get(name, "").split(",") if part.strip()]


def check_modules(wanted: list[str]) -> None:
    """Refuse modules that are not installed: the sandbox installs nothing for a job."""
    for text in wanted:
        try:
            requirement = Requirement(text)
            version = metadata.version(requirement.name)
        except InvalidRequirement:
            raise JobError(f"--additional-python-modules: {text!r} is no requirement") from None
        except metadata.PackageNotFoundError:
            raise JobError(
                f"--additional-python-modules: {text} is not installed in the sandbox's Python, "
                "and the sandbox installs nothing; ship it with --extra-py-files"
            ) from None
        if not requirement.specifier.contains(version, prereleases=True):
            raise JobError(
                f"--additional-python-modules: {text} is wanted, the sandbox's Python has "
                f"{requirement.name} {version}"
            )


def log_places(
    arguments: dict[str, str], *, run_id: str, role: str, security_configuration: str | None
) -> LogPlaces:
    """Where the lines go.

    A security configuration moves the groups to
    ``/aws-glue/jobs-<role>-<security configuration>/``, so that they can be encrypted:
    https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html (LogGroupName).
    """
    prefix = arguments.get("--custom-logGroup-prefix")
    if not prefix:
        prefix = "/aws-glue/jobs"
        if security_configuration:
            prefix += f"-{role.rsplit('/', 1)[-1]}-{security_configuration}"
    custom_stream = arguments.get("--custom-logStream-prefix")
    return LogPlaces(
        prefix=prefix,
        output=f"{prefix}/output",
        error=f"{prefix}/error",
        stream=f"{custom_stream}-driver" if custom_stream else run_id,
        everything=arguments.get("--continuous-log-logGroup"),
    )
