"""The end of a job's log in CloudWatch, for error messages and progress lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from components.aws.runs.cloud import client

TAIL_LINES: Final = 20
_STREAMS_READ: Final = 5


@dataclass(frozen=True, kw_only=True)
class LogPlace:
    """Where a job writes: a log group, and what its streams' names begin with (``""``: all)."""

    group: str
    stream_prefix: str = ""

    def __str__(self) -> str:
        streams = f", streams {self.stream_prefix}*" if self.stream_prefix else ""
        return f"CloudWatch log group {self.group}{streams}"


def tail(place: LogPlace, region: str | None, *, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of all streams at ``place`` by time; ``[]`` when the log cannot be read.

    A log that is missing or forbidden must not hide the error it was asked for.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    logs = client("logs", region)
    events: list[tuple[int, int, str]] = []
    try:
        # By time where that can be asked for, which it cannot together with a prefix.
        chosen = (
            {"logStreamNamePrefix": place.stream_prefix}
            if place.stream_prefix
            else {"orderBy": "LastEventTime", "descending": True}
        )
        streams = logs.describe_log_streams(logGroupName=place.group, **chosen)["logStreams"]
        for stream in streams[:_STREAMS_READ]:
            answer = logs.get_log_events(
                logGroupName=place.group,
                logStreamName=stream["logStreamName"],
                limit=lines,
                startFromHead=False,
            )
            events += [
                (event["timestamp"], position, event["message"].rstrip())
                for position, event in enumerate(answer["events"])
            ]
    except (ClientError, BotoCoreError):
        return []
    return [message for _, _, message in sorted(events, key=lambda event: event[:2])][-lines:]


def last_line(place: LogPlace, region: str | None) -> str:
    """The newest line that says anything, cut to fit a progress row."""
    newest = [line for line in tail(place, region, lines=3) if line.strip()]
    return newest[-1][:120] if newest else ""


def excerpt(places: Sequence[LogPlace], region: str | None) -> str:
    """The paragraph of an error message that shows where the log is and how it ends."""
    parts = []
    for place in places:
        lines = tail(place, region)
        if lines:
            shown = "\n".join(f"    {line}" for line in lines)
            parts.append(f"The log ends with ({place}):\n{shown}")
    if parts:
        return "\n".join(parts)
    return f"Nothing to read yet in {' or '.join(str(place) for place in places)}."
