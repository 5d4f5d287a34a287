"""``python -m sandbox start|stop|status|logs|reset|env [--state DIR] [--port N]``."""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from sandbox import control
from sandbox.errors import SandboxError
from sandbox.state import StateDirectory, default_state_directory


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="Local clouds on 127.0.0.1.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument(
            "--state",
            type=Path,
            metavar="DIR",
            help="state directory (default: $SANDBOX_STATE, else .sandbox/ of the project)",
        )
        return sub

    start = command("start", "start the sandbox and wait until it is ready")
    start.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="port of the AWS endpoint, plugins follow it; 0 takes free ports",
    )
    command("stop", "end the sandbox with everything it started; the state stays")
    command("status", "say whether the sandbox runs, where, and what runs in it")
    logs = command("logs", "show the log of the sandbox, or of one job or endpoint")
    logs.add_argument("name", nargs="?", help="name of a job or an endpoint")
    logs.add_argument("--follow", "-f", action="store_true", help="go on as lines arrive")
    command("reset", "stop the sandbox and delete everything in it")
    command("env", "print the environment that points SDKs and Pulumi at the sandbox")
    return parser


def _start(state: StateDirectory, port: int | None) -> None:
    ready, started = control.start(state, port, progress=lambda text: print(text, file=sys.stderr))
    verb = "started" if started else "is already running"
    print(f"sandbox {verb}: {ready.endpoint_url} (pid {ready.pid}, state {state.root})")


def _status(state: StateDirectory) -> int:
    ready = control.running(state)
    if ready is None:
        print(f"sandbox is not running (state {state.root})")
        return 1
    print(f"sandbox is running: {ready.endpoint_url} (pid {ready.pid}, state {state.root})")
    for name, port in sorted(ready.ports.items()):
        print(f"  {name:<12} 127.0.0.1:{port}")
    for line in control.activity(ready):
        print(f"  {line}")
    return 0


def _log_files(state: StateDirectory, name: str | None) -> list[Path]:
    if name is None:
        return [state.log]
    files = [
        *state.jobs.glob(f"*/{name}/logs/*.log"),
        # Trials of a tuning job.
        *state.jobs.glob(f"*/{name}/*/logs/*.log"),
        *state.endpoints.glob(f"{name}/*/logs/*.log"),
    ]
    if not files:
        raise SandboxError(
            f"no job or endpoint named {name!r} has a log in {state.root}; "
            "`python -m sandbox status` lists what runs"
        )
    return sorted(files)


def _logs(state: StateDirectory, name: str | None, follow: bool) -> None:
    offsets: dict[Path, int] = {}
    while True:
        files = _log_files(state, name)
        for path in files:
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(offsets.get(path, 0))
                data = file.read()
                offsets[path] = file.tell()
            if data:
                if len(files) > 1:
                    print(f"== {path.parent.parent.name}/{path.name} ==", flush=True)
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        if not follow:
            return
        time.sleep(0.3)


def _env(state: StateDirectory) -> None:
    ready = control.running(state)
    if ready is None:
        raise SandboxError(
            f"the sandbox of {state.root} is not running; start it with `python -m sandbox start`"
        )
    for name, value in control.environment(ready).items():
        print(f"export {name}={value}")


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 1 with a message when it cannot be done."""
    arguments = _parser().parse_args(argv)
    state = (
        StateDirectory(arguments.state.expanduser().resolve())
        if arguments.state
        else default_state_directory()
    )
    try:
        match arguments.command:
            case "start":
                _start(state, arguments.port)
            case "stop":
                stopped = control.stop(state)
                print("sandbox stopped" if stopped else "sandbox is not running")
            case "status":
                return _status(state)
            case "logs":
                _logs(state, arguments.name, arguments.follow)
            case "reset":
                control.stop(state)
                shutil.rmtree(state.root, ignore_errors=True)
                print(f"sandbox state {state.root} deleted")
            case "env":
                _env(state)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
