"""Cloud Scheduler: jobs that call Google's APIs at their times, while the sandbox runs.

https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
"""

import base64
import binascii
import datetime as dt
import json
import logging
import threading
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox import cron
from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import invalid, precondition
from sandbox.gcp.recorded.collection import Collection, visible
from sandbox.gcp.recorded.iam import account_exists
from sandbox.http_client import Client
from sandbox.router import Request
from sandbox.store import Record

LOOK_SECONDS: Final = 5.0
_GOOGLE: Final = ".googleapis.com"
_METHODS: Final = ("POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_UNKNOWN, _UNAUTHENTICATED = 2, 16

log = logging.getLogger(__name__)


class Scheduler:
    """Jobs with an HTTP target among Google's APIs; what was due while nothing ran is left out."""

    def __init__(self, context: Context) -> None:
        self._context = context
        server = urlsplit(context.url)
        self._client = Client(str(server.hostname), int(server.port or 0))
        self.jobs = Collection(
            context=context,
            version="/v1",
            parent="projects/{project}/locations/{location}",
            name="jobs",
            id_field="name",
            id_pattern=r"[a-zA-Z0-9_-]{1,500}",
            complete=_complete,
            check=_check,
            times=(None, "userUpdateTime"),
            verbs={
                "run": lambda record, _: self._run(record),
                "pause": lambda record, _: self._become(record, "PAUSED"),
                "resume": lambda record, _: self._become(record, "ENABLED"),
            },
        )
        context.every(LOOK_SECONDS, "cloud-scheduler", self.look)

    def look(self, moment: dt.datetime | None = None) -> None:
        """Start what is due in this minute and was not started in it yet."""
        moment = moment or dt.datetime.now(dt.UTC)
        stamp = moment.strftime("%Y%m%d%H%M")
        for _, record in self._context.store.find(self.jobs.table):
            local = moment.astimezone(ZoneInfo(record["timeZone"]))
            if (
                record["state"] == "ENABLED"
                and record.get("_last", "") < stamp
                and cron.matches(record["schedule"], local)
            ):
                with self._context.store.change(self.jobs.table, record["name"]) as changed:
                    changed["_last"] = stamp
                self._attempt(record["name"], record["httpTarget"])

    def _run(self, record: Record) -> Record:
        """Calls at once, paused or not; the answer does not wait for the call."""
        work = threading.Thread(
            target=self._attempt, args=(record["name"], record["httpTarget"]), daemon=True
        )
        work.start()
        return visible(record)

    def _become(self, record: Record, state: str) -> Record:
        if record["state"] == state:
            raise precondition(f"Job {record['name']} is {state} already.")
        return visible(self.jobs.save({**record, "state": state}))

    def _attempt(self, name: str, target: Record) -> None:
        """One call, and what came of it in the job's ``status``; nothing is tried again."""
        began = now()
        status = self._call(target)
        log.info("scheduled job %s: %s", name, status.get("message", "called"))
        try:
            with self._context.store.change(self.jobs.table, name) as record:
                record.update(lastAttemptTime=began, status=status)
        except KeyError:
            pass  # deleted meanwhile

    def _call(self, target: Record) -> Record:
        email = str((target.get("oauthToken") or {}).get("serviceAccountEmail", ""))
        if email and not account_exists(self._context, email):
            return {"code": _UNAUTHENTICATED, "message": f"Service account {email} is unknown."}
        address = urlsplit(target["uri"])
        path = address.path + (f"?{address.query}" if address.query else "")
        try:
            answer = self._client.request(
                target.get("httpMethod", "POST"),
                path,
                headers=tuple((target.get("headers") or {}).items()),
                body=base64.b64decode(target.get("body", "")),
            )
        except OSError as error:
            return {"code": _UNKNOWN, "message": str(error)}
        if answer.status >= 400:
            return {"code": _UNKNOWN, "message": _message(answer.body, answer.status)}
        return {}


def _message(body: bytes, status: int) -> str:
    try:
        return f"HTTP {status}: {json.loads(body)['error']['message']}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {status}"


def _complete(record: Record, _: Request) -> None:
    record.setdefault("timeZone", "UTC")
    record["state"] = "ENABLED"


def _check(_: Record | None, new: Record) -> None:
    target: dict[str, Any] = new.get("httpTarget") or {}
    if not target.get("uri"):
        raise invalid("The sandbox has jobs with an httpTarget only.")
    address = urlsplit(target["uri"])
    if address.scheme != "https" or not str(address.hostname).endswith(_GOOGLE):
        raise invalid(f"The sandbox calls Google's APIs only, not {target['uri']}.")
    if target.get("httpMethod", "POST") not in _METHODS:
        raise invalid(f"Unknown HTTP method {target['httpMethod']!r}.")
    try:
        base64.b64decode(target.get("body", ""), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("httpTarget.body is not base64.") from None
    try:
        cron.matches(str(new.get("schedule", "")), dt.datetime.now(dt.UTC))
        ZoneInfo(new["timeZone"])
    except cron.CronError as error:
        raise invalid(f"Schedule or time zone is invalid: {error}.") from None
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid(f"Time zone {new['timeZone']!r} is invalid.") from None


def install(context: Context) -> None:
    """Jobs of a project's region."""
    Scheduler(context)
