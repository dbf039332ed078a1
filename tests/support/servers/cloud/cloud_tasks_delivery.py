"""The delivering half of the Cloud Tasks server: when a task is due, who may go, what comes of the answer."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from google.cloud import tasks_v2
from google.rpc import code_pb2, status_pb2

from tests.support.servers.cloud import cloud_tasks_rules as rules
from tests.support.servers.cloud.cloud_tasks_state import Behaviour, Delivery, Pending, QueueState
from tests.support.servers.cloud.oidc_issuer import OidcIssuer

_LOOPBACK = ("127.0.0.1", "localhost")
_PATIENCE_S = 60.0  # a hanging handler must not keep a test for the ten minutes of a usual deadline


class Dispatcher:
    """Sends what is due, in one scheduling thread and a pool of senders. `changed` guards all state."""

    def __init__(self, behaviour: Behaviour, issuer: OidcIssuer) -> None:
        self.behaviour, self.issuer = behaviour, issuer
        self.changed = threading.Condition()
        self.queues: dict[str, QueueState] = {}
        self.tombstones: dict[str, float] = {}
        self.journal: list[Delivery] = []
        self.given_up: list[str] = []
        self.in_flight = 0
        self._random = random.Random(behaviour.seed)
        self._stopping = False
        self._pool = ThreadPoolExecutor(max_workers=behaviour.workers, thread_name_prefix="cloud-tasks")
        self._thread = threading.Thread(target=self._run, name="cloud-tasks-clock", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more; wait for what is on its way."""
        with self.changed:
            self._stopping = True
            self.changed.notify_all()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, state: QueueState, task: Any, *, named: bool) -> None:
        """Take a checked task. Called under the lock."""
        wait = max(0.0, (task.schedule_time - self.now()).total_seconds()) * self.behaviour.scale
        hold = self._random.uniform(0, self.behaviour.jitter)
        state.tasks[task.name] = Pending(task, named, self._seconds() + wait + hold)
        self.changed.notify_all()

    def remove(self, state: QueueState, name: str) -> None:
        """Forget a task and bury its name for a while. Called under the lock."""
        del state.tasks[name]
        self.tombstones[name] = self._seconds() + self._real(self.behaviour.tombstone)
        self.changed.notify_all()

    def is_buried(self, name: str) -> bool:
        """Say whether a name may not be used yet."""
        return self.tombstones.get(name, 0.0) > self._seconds()

    def settle(self, timeout: float) -> None:
        """Send all that may go at this time of the clock, and what that sets free, until nothing is on its way."""
        ends = time.monotonic() + timeout
        with self.changed:
            while True:
                self._dispatch_all()
                if not self.in_flight:
                    return
                if not self.changed.wait(max(0.0, ends - time.monotonic())) and time.monotonic() >= ends:
                    raise TimeoutError(f"{self.in_flight} deliveries not answered after {timeout} s")

    def now(self) -> datetime:
        """Return the time that schedules are compared with."""
        return self.behaviour.clock.now() if self.behaviour.clock else datetime.now(UTC)

    def _seconds(self) -> float:
        return self.behaviour.clock.now().timestamp() if self.behaviour.clock else time.monotonic()

    def _real(self, duration: timedelta) -> float:
        return duration.total_seconds() * self.behaviour.scale

    # --- choosing ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with self.changed:
            while not self._stopping:
                self.changed.wait(min(self._dispatch_all(), default=None))

    def _dispatch_all(self) -> list[float]:
        wakes = [self._dispatch_due(name, state) for name, state in self.queues.items()]
        return [wake for wake in wakes if wake is not None]

    def _dispatch_due(self, name: str, state: QueueState) -> float | None:
        """Send what may go now; return the seconds until something else may, or None."""
        now = self._seconds()
        forced = [pending for pending in state.tasks.values() if pending.forced and not pending.running]
        for pending in forced:
            self._send(name, state, pending)
        idle = [pending for pending in state.tasks.values() if not pending.running]
        if state.queue.state != tasks_v2.Queue.State.RUNNING or not idle:
            return None
        if state.blocked_until > now:
            return state.blocked_until - now
        due = sorted((p for p in idle if p.due <= now), key=lambda p: p.due)
        if self.behaviour.shuffle:
            self._random.shuffle(due)
        later = min((p.due for p in idle if p.due > now), default=None)
        limits = state.queue.rate_limits
        rate: float = limits.max_dispatches_per_second / self.behaviour.scale
        state.tokens = min(float(limits.max_burst_size), state.tokens + (now - state.refilled) * rate)
        state.refilled = now
        for pending in due:
            if state.running >= limits.max_concurrent_dispatches:
                return None  # the next answer wakes us
            if state.tokens < 1:
                return (1 - state.tokens) / rate
            state.tokens -= 1
            self._send(name, state, pending)
        return None if later is None else max(0.0, later - self._seconds())

    def _send(self, queue: str, state: QueueState, pending: Pending) -> None:
        pending.running, pending.forced = True, False
        state.running += 1
        copies = 2 if self._random.random() < self.behaviour.duplicates else 1
        self.in_flight += copies
        request = self._request(queue, pending)
        pending.attempts += 1
        pending.task.dispatch_count = pending.attempts
        sent = tasks_v2.Attempt(dispatch_time=datetime.now(UTC))
        pending.task.last_attempt = sent
        if pending.attempts == 1:
            pending.task.first_attempt = sent
        self._pool.submit(self._deliver, state, pending, request)
        if copies == 2:
            self._pool.submit(self._deliver_again, request, self._random.uniform(0, 0.02))

    # --- sending -------------------------------------------------------------------------------------------------

    def _request(self, queue: str, pending: Pending) -> dict[str, Any]:
        task, http = pending.task, pending.task.http_request
        headers = rules.kept_headers(http.headers)
        if http.body and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/octet-stream"
        if "oidc_token" in http:
            headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
            audience = http.oidc_token.audience or http.url
            headers["Authorization"] = f"Bearer {self.issuer.mint(audience, http.oidc_token.service_account_email)}"
        headers |= {
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": queue.rpartition("/")[2],
            "X-CloudTasks-TaskName": task.name.rpartition("/")[2],
            "X-CloudTasks-TaskRetryCount": str(pending.attempts),
            "X-CloudTasks-TaskExecutionCount": str(pending.answers),
            "X-CloudTasks-TaskETA": f"{task.schedule_time.timestamp():.6f}",
        }
        if pending.previous is not None:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(pending.previous)
        return {
            "queue": queue.rpartition("/")[2],
            "task": task.name.rpartition("/")[2],
            "retry_count": pending.attempts,
            "execution_count": pending.answers,
            "waited": pending.waited,
            "url": http.url,
            "method": tasks_v2.HttpMethod(http.http_method or tasks_v2.HttpMethod.POST).name,
            "headers": headers,
            "body": bytes(http.body),
            "deadline": (task.dispatch_deadline or rules.DEFAULT_DEADLINE).total_seconds(),
        }

    def _local(self, url: str) -> str | None:
        parts = urlsplit(url)
        route = self.behaviour.routes.get(f"{parts.scheme}://{parts.netloc}")
        if route is not None:
            return route + url[len(f"{parts.scheme}://{parts.netloc}") :]
        return url if parts.hostname in _LOOPBACK else None

    def _exchange(self, request: dict[str, Any], *, duplicate: bool) -> tuple[Delivery, str | None]:
        """Send once; return the entry for the journal, without a status when nobody answered, and Retry-After."""
        request = dict(request)
        deadline = min(request.pop("deadline") * self.behaviour.deadline_scale, _PATIENCE_S)
        address, status, after = self._local(request["url"]), None, None
        if address is not None:
            try:
                with requests.Session() as session:
                    session.trust_env = False
                    session.headers.clear()
                    answer = session.request(
                        request["method"],
                        address,
                        headers=request["headers"],
                        data=request["body"] or None,
                        timeout=deadline,
                        allow_redirects=False,
                    )
                    status, after = answer.status_code, answer.headers.get("Retry-After")
            except requests.RequestException:
                status = None
        return Delivery(**request, status=status, duplicate=duplicate), after

    def _deliver_again(self, request: dict[str, Any], hold: float) -> None:
        try:
            time.sleep(hold)
            delivery, _ = self._exchange(request, duplicate=True)
            with self.changed:
                self.journal.append(delivery)
        finally:
            self._landed()

    def _deliver(self, state: QueueState, pending: Pending, request: dict[str, Any]) -> None:
        started = time.monotonic()
        try:
            delivery, after = self._exchange(request, duplicate=False)
            with self.changed:  # once: whoever sees the entry sees what came of it, too
                self.journal.append(delivery)
                pending.running = False
                state.running -= 1
                pending.lived += timedelta(seconds=time.monotonic() - started)
                self._settle(state, pending, delivery.status, rules.retry_after(after))
        finally:
            self._landed()

    def _landed(self) -> None:
        with self.changed:
            self.in_flight -= 1
            self.changed.notify_all()

    # --- what comes of it ----------------------------------------------------------------------------------------

    def _settle(self, state: QueueState, pending: Pending, status: int | None, after: timedelta | None) -> None:
        if status is not None:
            pending.answers += 1
            pending.previous = status
            pending.task.response_count = pending.answers
        throttled = self._throttle(state, status, after)
        if state.tasks.get(pending.task.name) is not pending:
            return  # deleted or purged meanwhile
        if status is not None and 200 <= status < 300:
            self.remove(state, pending.task.name)
            return
        self._note_failure(pending, status)
        task = pending.task
        retry = rules.filled_retry(task.retry_config) if "retry_config" in task else state.queue.retry_config
        if rules.exhausted(retry, pending.attempts, pending.lived):
            self.given_up.append(task.name)
            self.remove(state, task.name)
            return
        wait = max(rules.backoff(retry, pending.attempts), after if throttled and after else timedelta(0))
        pending.waited = wait
        pending.lived += wait
        pending.due = self._seconds() + self._real(wait)
        task.schedule_time = self.now() + wait

    def _throttle(self, state: QueueState, status: int | None, after: timedelta | None) -> bool:
        """Hold the whole queue back after 429 and 503, for as long as asked or longer each time."""
        if status not in (429, 503):
            if status is not None and 200 <= status < 300:
                state.throttles = 0
            return False
        grown = self.behaviour.throttle * (2 ** min(state.throttles, 20))
        hold = after if after is not None else min(grown, self.behaviour.max_throttle)
        state.throttles += 1
        state.blocked_until = max(state.blocked_until, self._seconds() + self._real(hold))
        return True

    @staticmethod
    def _note_failure(pending: Pending, status: int | None) -> None:
        code = code_pb2.UNAVAILABLE if status is None else code_pb2.UNKNOWN
        message = "no answer" if status is None else f"HTTP status code {status}"
        attempt = tasks_v2.Attempt(
            dispatch_time=pending.task.last_attempt.dispatch_time,
            response_status=status_pb2.Status(code=code, message=message),
        )
        if status is not None:
            attempt.response_time = datetime.now(UTC)
        pending.task.last_attempt = attempt
