"""Tasks as the vendor's own client asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from google.cloud import tasks_v2

from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer

TasksServer = Callable[..., CloudTasksServer]


def a_task(url: str, name: str = "", *, body: bytes = b"{}", **more: Any) -> tasks_v2.Task:
    http = {name: more.pop(name) for name in ("headers", "oidc_token", "http_method") if name in more}
    return tasks_v2.Task(name=name, http_request=tasks_v2.HttpRequest(url=url, body=body, **http), **more)


SLOW_START = tasks_v2.RetryConfig(
    min_backoff=timedelta(seconds=10), max_backoff=timedelta(seconds=300), max_doublings=3, max_attempts=9
)
