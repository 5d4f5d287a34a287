"""Crawlers: their definition, their runs, and what a run may write into the catalog."""

import functools
import re
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.glue.models import FakeCrawler, FakeTable, GlueBackend, glue_backends

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.glue import inference
from sandbox.aws.logs.streams import LogStream
from sandbox.aws.paging import page
from sandbox.aws.s3 import objects
from sandbox.errors import JobError
from sandbox.jobs import Job

_ATTRIBUTES = {
    "Role": "role",
    "DatabaseName": "database_name",
    "Description": "description",
    "Targets": "targets",
    "Schedule": "schedule",
    "Classifiers": "classifiers",
    "TablePrefix": "table_prefix",
    "SchemaChangePolicy": "schema_change_policy",
    "RecrawlPolicy": "recrawl_policy",
    "LineageConfiguration": "lineage_configuration",
    "Configuration": "configuration",
    "CrawlerSecurityConfiguration": "crawler_security_configuration",
}
_LOG_GROUP = "/aws-glue/crawlers"


@dataclass(kw_only=True)
class Crawl:
    """One run of a crawler."""

    crawler: str
    account: str
    region: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "RUNNING"
    error: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    created: int = 0
    updated: int = 0

    def describe(self) -> dict[str, Any]:
        return {
            "CrawlId": self.id,
            "State": self.state,
            "StartTime": self.started,
            "EndTime": self.ended,
            "ErrorMessage": self.error,
            "LogGroup": _LOG_GROUP,
            "LogStream": self.crawler,
            "MessagePrefix": self.id,
            "DPUHour": 0.0,
        }


class Crawlers:
    """The operations on crawlers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()

    @property
    def _crawls(self) -> dict[str, Crawl]:
        return self._context.table("glue-crawls")

    @staticmethod
    def _backend(call: Call) -> GlueBackend:
        return glue_backends[call.account][call.region]

    def _find(self, call: Call, name: str) -> FakeCrawler:
        crawler = self._backend(call).crawlers.get(name)
        if crawler is None:
            raise Refusal("EntityNotFoundException", f"Crawler {name} not found.")
        return crawler

    def _of(self, crawler: FakeCrawler) -> list[Crawl]:
        where = (crawler.name, crawler.backend.account_id, crawler.backend.region_name)
        return [
            crawl
            for crawl in self._crawls.values()
            if (crawl.crawler, crawl.account, crawl.region) == where
        ]

    def _running(self, crawler: FakeCrawler) -> Crawl | None:
        return next((each for each in self._of(crawler) if each.ended is None), None)

    def _describe(self, crawler: FakeCrawler) -> dict[str, Any]:
        running = self._running(crawler)
        described = crawler.as_dict()
        described["State"] = running.state if running else "READY"
        if done := [each for each in self._of(crawler) if each.ended]:
            last = done[-1]
            described["LastCrawl"] = {
                "Status": {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}.get(
                    last.state, last.state
                ),
                "ErrorMessage": last.error,
                "LogGroup": _LOG_GROUP,
                "LogStream": crawler.name,
                "MessagePrefix": last.id,
                "StartTime": last.started,
            }
        return described

    def create(self, call: Call) -> Any:
        _check_targets(call.params.get("Targets"))
        _check_schedule(call.params.get("Schedule"))
        return call.original()

    def get(self, call: Call) -> dict[str, object]:
        return {"Crawler": self._describe(self._find(call, call.params["Name"]))}

    def get_all(self, call: Call) -> dict[str, object]:
        found, token = page(list(self._backend(call).crawlers.values()), call.params, limit=100)
        return {"Crawlers": [self._describe(each) for each in found], "NextToken": token}

    def update(self, call: Call) -> None:
        """Change what is named; refused while the crawler runs."""
        crawler = self._find(call, call.params["Name"])
        self._refuse_running(crawler)
        if "Targets" in call.params:
            _check_targets(call.params["Targets"])
        _check_schedule(call.params.get("Schedule"))
        for key, attribute in _ATTRIBUTES.items():
            if key in call.params:
                setattr(crawler, attribute, call.params[key])
        crawler.last_updated = datetime.now(UTC)
        crawler.version += 1

    def update_schedule(self, call: Call) -> None:
        crawler = self._find(call, call.params["CrawlerName"])
        _check_schedule(call.params.get("Schedule"))
        crawler.schedule = call.params.get("Schedule") or ""

    def delete(self, call: Call) -> None:
        crawler = self._find(call, call.params["Name"])
        self._refuse_running(crawler)
        for crawl in self._of(crawler):
            self._crawls.pop(crawl.id, None)
        self._backend(call).delete_crawler(crawler.name)
        self._backend(call).tagger.delete_all_tags_for_resource(crawler.arn)

    def start(self, call: Call) -> None:
        crawler = self._find(call, call.params["Name"])
        with self._lock:
            self._refuse_running(crawler)
            crawl = Crawl(crawler=crawler.name, account=call.account, region=call.region)
            self._crawls[crawl.id] = crawl
        self._context.jobs.submit("crawl", crawl.id, lambda job: self._work(job, crawler, crawl))

    def stop(self, call: Call) -> None:
        crawler = self._find(call, call.params["Name"])
        crawl = self._running(crawler)
        if crawl is None:
            raise Refusal("CrawlerNotRunningException", f"Crawler {crawler.name} is not running")
        crawl.state = "STOPPING"
        if job := self._context.jobs.find("crawl", crawl.id):
            job.stop()

    def list_crawls(self, call: Call) -> dict[str, object]:
        crawls = self._of(self._find(call, call.params["CrawlerName"]))
        found, token = page(crawls[::-1], call.params, limit=20)
        return {"Crawls": [each.describe() for each in found], "NextToken": token}

    def settle(self) -> None:
        for crawl in self._crawls.values():
            if crawl.ended is None:
                self._finish(crawl, "FAILED", "the sandbox was restarted during the crawl")

    def _refuse_running(self, crawler: FakeCrawler) -> None:
        if self._running(crawler):
            raise Refusal(
                "CrawlerRunningException", f"Crawler with name {crawler.name} has already started"
            )

    def _finish(self, crawl: Crawl, state: str, error: str | None = None) -> None:
        crawl.state, crawl.error, crawl.ended = state, error, datetime.now(UTC)
        self._context.changed("glue", "logs")

    def _work(self, job: Job, crawler: FakeCrawler, crawl: Crawl) -> None:
        log = LogStream(
            account=crawl.account, region=crawl.region, group=_LOG_GROUP, stream=crawler.name
        )
        state, error = "COMPLETED", None
        try:
            for target in (crawler.targets or {}).get("S3Targets") or []:
                self._crawl(job, crawler, crawl, target["Path"], log)
            if job.stop_requested.is_set():
                state = "STOPPED"
        except (JobError, objects.ObjectMissing, ValueError) as failure:
            state, error = "FAILED", str(failure)
        except Exception as failure:
            state, error = "FAILED", f"the sandbox failed: {type(failure).__name__}: {failure}"
            raise
        finally:
            log.write(f"[{crawl.id}] {state}" + (f": {error}" if error else ""))
            self._finish(crawl, state, error)

    def _crawl(
        self, job: Job, crawler: FakeCrawler, crawl: Crawl, uri: str, log: LogStream
    ) -> None:
        database = crawler.backend.databases.get(crawler.database_name)
        if database is None:
            raise JobError(f"database {crawler.database_name} does not exist")
        for found in inference.group(uri, objects.list_objects(crawl.account, uri)):
            if job.stop_requested.is_set():
                return
            table_input = inference.table_input(
                found,
                account=crawl.account,
                crawler=crawler.name,
                prefix=crawler.table_prefix or "",
            )
            known = _same_place(list(database.tables.values()), found.location)
            log.write(
                f"[{crawl.id}] {found.location}: {table_input['Parameters']['classification']}"
            )
            if known is None:
                if table_input["Name"] in database.tables:
                    # The name belongs to another place; the cloud adds a hash to it too.
                    table_input["Name"] += f"_{uuid.uuid5(uuid.NAMESPACE_URL, found.location).hex}"
                known = crawler.backend.create_table(
                    database.name, table_input["Name"], table_input
                )
                crawl.created += 1
            elif (crawler.schema_change_policy or {}).get("UpdateBehavior") == "LOG":
                if _schema(known.as_dict()) != _schema(table_input):
                    log.write(
                        f"[{crawl.id}] {known.name}: the schema differs; policy LOG, left as is"
                    )
                continue
            else:
                table_input["Name"] = known.name
                if _schema(known.as_dict()) != _schema(table_input):
                    known.update(table_input)
                    crawl.updated += 1
            _add_partitions(known, table_input, found)


def _schema(entry: dict[str, Any]) -> list[tuple[str, str]]:
    columns = [*entry["StorageDescriptor"]["Columns"], *(entry.get("PartitionKeys") or [])]
    return [(column["Name"], column.get("Type", "")) for column in columns]


def _same_place(tables: list[FakeTable], location: str) -> FakeTable | None:
    for table in tables:
        storage = table.as_dict().get("StorageDescriptor") or {}
        if (storage.get("Location") or "").rstrip("/") == location.rstrip("/"):
            return table
    return None


def _add_partitions(table: FakeTable, entry: dict[str, Any], found: inference.Found) -> None:
    known = {tuple(each.values) for each in table.partitions.values()}
    for values, location in sorted(found.partitions.items()):
        if values not in known:
            storage = {**entry["StorageDescriptor"], "Location": location}
            table.create_partition({"Values": list(values), "StorageDescriptor": storage})


def _check_targets(targets: dict[str, Any] | None) -> None:
    if not any((targets or {}).values()):
        raise Refusal("InvalidInputException", "Crawler must have at least one target")
    for target in (targets or {}).get("S3Targets") or []:
        if not str(target.get("Path", "")).startswith("s3://"):
            raise Refusal(
                "InvalidInputException", f"S3 target {target.get('Path')!r} is no S3 path"
            )


def _check_schedule(schedule: str | None) -> None:
    if schedule and not re.fullmatch(r"cron\(\S+( \S+){5}\)", schedule):
        raise Refusal("InvalidInputException", f"Schedule {schedule!r} is no cron expression")


def install(context: Context) -> None:
    """Plug the operations in."""
    crawlers = Crawlers(context)
    context.on_start(crawlers.settle)
    add = functools.partial(context.operation, "glue")
    add("CreateCrawler", crawlers.create)
    add("GetCrawler", crawlers.get)
    add("GetCrawlers", crawlers.get_all)
    add("UpdateCrawler", crawlers.update)
    add("UpdateCrawlerSchedule", crawlers.update_schedule)
    add("DeleteCrawler", crawlers.delete)
    add("StartCrawler", crawlers.start)
    add("StopCrawler", crawlers.stop)
    add("ListCrawls", crawlers.list_crawls)
