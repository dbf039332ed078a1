"""The rules of Cloud Tasks as plain functions: names, limits, retry arithmetic. No clock and no network."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from google.cloud import tasks_v2

from tests.support.servers.cloud.grpc_loopback import invalid

_PARENT = re.compile(r"projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+")
_QUEUE = re.compile(rf"({_PARENT.pattern})/queues/([A-Za-z0-9-]{{1,100}})")
_TASK = re.compile(rf"({_QUEUE.pattern})/tasks/([A-Za-z0-9_-]{{1,500}})")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REPLACED = ("x-cloudtasks-", "x-google-", "x-appengine-")
_REPLACED_NAMES = {"host", "content-length", "user-agent", "transfer-encoding", "connection"}
MAX_TASK_BYTES = 1_000_000
MAX_HEADER_BYTES = 80_000
MAX_URL = 2083
HORIZON = timedelta(days=30)
RETENTION = timedelta(days=31)
DEFAULT_DEADLINE = timedelta(minutes=10)
_WITH_BODY = (tasks_v2.HttpMethod.POST, tasks_v2.HttpMethod.PUT, tasks_v2.HttpMethod.PATCH)


def check_parent(name: str) -> None:
    """Refuse what is not a location."""
    if not _PARENT.fullmatch(name):
        invalid(f"Malformed location name: {name}")


def check_queue_name(name: str) -> None:
    """Refuse what is not a queue's name."""
    if not _QUEUE.fullmatch(name):
        invalid(f"Malformed queue name: {name}")


def queue_of(task_name: str) -> str:
    """Return the queue's name of a task's; refuse what is not one."""
    match = _TASK.fullmatch(task_name)
    if match is None:
        invalid(f"Malformed task name: {task_name}")
    return match[1]


def filled_queue(queue: tasks_v2.Queue) -> tasks_v2.Queue:
    """Return the queue with the service's defaults for what was left open; refuse what is out of range."""
    queue = tasks_v2.Queue(queue)
    rates, retry = queue.rate_limits, queue.retry_config
    if not 0 <= rates.max_dispatches_per_second <= 500:
        invalid("RateLimits.max_dispatches_per_second must be between 0 and 500.")
    if not 0 <= rates.max_concurrent_dispatches <= 5000:
        invalid("RateLimits.max_concurrent_dispatches must be between 0 and 5000.")
    rates.max_dispatches_per_second = rates.max_dispatches_per_second or 500.0
    rates.max_concurrent_dispatches = rates.max_concurrent_dispatches or 1000
    rates.max_burst_size = max(1, min(100, int(rates.max_dispatches_per_second)))
    queue.rate_limits, queue.retry_config = rates, filled_retry(retry)
    return queue


def filled_retry(retry: tasks_v2.RetryConfig) -> tasks_v2.RetryConfig:
    """Return the retry rules with defaults; refuse what contradicts itself."""
    filled = tasks_v2.RetryConfig(
        max_attempts=retry.max_attempts or 100,
        max_retry_duration=retry.max_retry_duration or timedelta(0),
        min_backoff=retry.min_backoff or timedelta(seconds=0.1),
        max_backoff=retry.max_backoff or timedelta(hours=1),
        max_doublings=retry.max_doublings or 16,
    )
    if filled.max_attempts < -1:
        invalid("RetryConfig.max_attempts must be -1 or more.")
    if filled.max_doublings < 0 or filled.max_retry_duration < timedelta(0):
        invalid("RetryConfig values must not be negative.")
    if filled.min_backoff < timedelta(0) or filled.min_backoff > filled.max_backoff:
        invalid("RetryConfig.min_backoff must not be more than max_backoff.")
    return filled


def backoff(retry: tasks_v2.RetryConfig, failures: int) -> timedelta:
    """Return the wait after that many failed attempts: doubling first, then growing by the same amount, then level."""
    doublings = min(failures - 1, retry.max_doublings)
    step = float(2 ** min(doublings, 60))
    linear = max(1, failures - retry.max_doublings)
    seconds = retry.min_backoff.total_seconds() * step * linear
    return timedelta(seconds=min(seconds, retry.max_backoff.total_seconds()))


def exhausted(retry: tasks_v2.RetryConfig, attempts: int, since_first: timedelta) -> bool:
    """Say whether to give up: attempts and duration must both be used up; an unlimited one alone never ends it."""
    if since_first >= RETENTION:
        return True
    limited_attempts, limited_duration = retry.max_attempts > 0, retry.max_retry_duration > timedelta(0)
    if not limited_attempts and not limited_duration:
        return False
    enough_attempts = not limited_attempts or attempts >= retry.max_attempts
    return enough_attempts and (not limited_duration or since_first >= retry.max_retry_duration)


def check_task(task: Any, now: datetime) -> None:
    """Refuse a task the service would not take."""
    if "http_request" not in task:
        invalid("Task.http_request is required: only HTTP tasks are served here.")
    size = len(tasks_v2.Task.serialize(task))
    if size > MAX_TASK_BYTES:
        invalid(f"Task size too large: {size} bytes; at most {MAX_TASK_BYTES} are allowed.")
    if "schedule_time" in task and task.schedule_time > now + HORIZON:
        invalid("The schedule_time is too far in the future: at most 30 days are allowed.")
    if "dispatch_deadline" in task:
        deadline = task.dispatch_deadline
        if not timedelta(seconds=15) <= deadline <= timedelta(minutes=30):
            invalid("Task.dispatch_deadline must be between [15s, 30m].")
    _check_request(task.http_request)


def _check_request(request: Any) -> None:
    if not request.url.startswith(("http://", "https://")):
        invalid('HttpRequest.url must start with "http://" or "https://".')
    if len(request.url) > MAX_URL:
        invalid(f"HttpRequest.url is longer than {MAX_URL} characters.")
    method = tasks_v2.HttpMethod(request.http_method or tasks_v2.HttpMethod.POST)
    if request.body and method not in _WITH_BODY:
        invalid(f"HttpRequest.body is not allowed with {method.name}.")
    for name, value in request.headers.items():
        if not _TOKEN.fullmatch(name) or "\r" in value or "\n" in value:
            invalid(f"Malformed header: {name!r}")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_HEADER_BYTES:
        invalid("HttpRequest.headers are larger than 80 KB.")
    if "oauth_token" in request:
        invalid("HttpRequest.oauth_token is only for Google's own APIs; use oidc_token.")
    if "oidc_token" in request and "@" not in request.oidc_token.service_account_email:
        invalid("OidcToken.service_account_email must be a service account.")


def kept_headers(headers: Any) -> dict[str, str]:
    """Return the task's headers without those the service replaces."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _REPLACED_NAMES and not name.lower().startswith(_REPLACED)
    }


def retry_after(value: str | None) -> timedelta | None:
    """Read a Retry-After header: seconds or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return timedelta(seconds=int(value))
    try:
        return max(timedelta(0), parsedate_to_datetime(value) - datetime.now(UTC))
    except (ValueError, TypeError):
        return None
