"""Cloud Tasks over gRPC with its own messages, which really delivers over HTTP: late, twice, again, out of order."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn, Self

import grpc
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.cloud.tasks_v2.services.cloud_tasks.transports.rest_base import _BaseCloudTasksRestTransport

from tests.support.servers.cloud import cloud_tasks_rules as rules
from tests.support.servers.cloud.cloud_tasks_delivery import Dispatcher
from tests.support.servers.cloud.cloud_tasks_state import Behaviour, Delivery, QueueState
from tests.support.servers.cloud.grpc_loopback import GrpcServer, Refused, Rpc, invalid
from tests.support.servers.cloud.oidc_issuer import OidcIssuer

_OUTPUT_ONLY = ("create_time", "dispatch_count", "response_count", "first_attempt", "last_attempt", "view")
_UPDATABLE = ("rate_limits", "retry_config")
_Method = tasks_v2.HttpMethod
_View = tasks_v2.Task.View
_State = tasks_v2.Queue.State


def _missing(what: str) -> NoReturn:
    raise Refused(grpc.StatusCode.NOT_FOUND, f"Requested entity was not found: {what}")


class CloudTasksServer(GrpcServer):
    """The queues of one test. Use as a context manager; `client()` returns the vendor's own client."""

    service: ClassVar[str] = "google.cloud.tasks.v2.CloudTasks"
    rest: ClassVar[Any] = _BaseCloudTasksRestTransport
    methods: ClassVar[Mapping[str, Rpc]] = {
        "CreateQueue": Rpc(tasks_v2.CreateQueueRequest, tasks_v2.Queue),
        "GetQueue": Rpc(tasks_v2.GetQueueRequest, tasks_v2.Queue),
        "UpdateQueue": Rpc(tasks_v2.UpdateQueueRequest, tasks_v2.Queue),
        "PauseQueue": Rpc(tasks_v2.PauseQueueRequest, tasks_v2.Queue),
        "ResumeQueue": Rpc(tasks_v2.ResumeQueueRequest, tasks_v2.Queue),
        "PurgeQueue": Rpc(tasks_v2.PurgeQueueRequest, tasks_v2.Queue),
        "CreateTask": Rpc(tasks_v2.CreateTaskRequest, tasks_v2.Task),
        "GetTask": Rpc(tasks_v2.GetTaskRequest, tasks_v2.Task),
        "ListTasks": Rpc(tasks_v2.ListTasksRequest, tasks_v2.ListTasksResponse),
        "DeleteTask": Rpc(tasks_v2.DeleteTaskRequest, None),
        "RunTask": Rpc(tasks_v2.RunTaskRequest, tasks_v2.Task),
    }

    def __init__(self, issuer: OidcIssuer | None = None, behaviour: Behaviour | None = None) -> None:
        super().__init__()
        self._own_issuer = issuer is None
        self.issuer = issuer or OidcIssuer()
        self._dispatcher = Dispatcher(behaviour or Behaviour(), self.issuer)
        self._lock = self._dispatcher.changed

    def start(self) -> Self:
        """Begin to answer and to deliver; an issuer that was not given is started and stopped with it."""
        if self._own_issuer:
            self.issuer.start()
        self._dispatcher.start()
        return super().start()

    def stop(self) -> None:
        """Stop delivering and answering."""
        self._dispatcher.stop()
        super().stop()
        if self._own_issuer:
            self.issuer.stop()

    # --- for tests -----------------------------------------------------------------------------------------------

    def client(self) -> tasks_v2.CloudTasksClient:
        """Return a real client of this server."""
        return tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=self.channel()))

    def create_queue(
        self, name: str, *, project: str = "test-project", location: str = "us-central1", **more: Any
    ) -> str:
        """Put a queue in place (`rate_limits=`, `retry_config=`); return its whole name."""
        parent = f"projects/{project}/locations/{location}"
        queue = tasks_v2.Queue(name=f"{parent}/queues/{name}", **more)
        self.CreateQueue(tasks_v2.CreateQueueRequest(parent=parent, queue=queue))
        return f"{parent}/queues/{name}"

    @property
    def journal(self) -> list[Delivery]:
        """Every request that was sent, in the order in which they ended."""
        with self._lock:
            return list(self._dispatcher.journal)

    @property
    def given_up(self) -> list[str]:
        """Names of tasks that used up their attempts: the vendor drops them without a word."""
        with self._lock:
            return list(self._dispatcher.given_up)

    def pending(self) -> int:
        """Count tasks that are not done."""
        with self._lock:
            return sum(len(state.tasks) for state in self._dispatcher.queues.values())

    def wait_idle(self, timeout: float = 20.0) -> None:
        """Wait until no task is left and nothing is on its way; duplicates included."""
        deadline = time.monotonic() + timeout
        with self._lock:
            while self.pending() or self._dispatcher.in_flight:
                if not self._lock.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise TimeoutError(f"{self.pending()} tasks left after {timeout} s")

    def settle(self, timeout: float = 20.0) -> None:
        """Deliver what is due at this time of the `clock` in hand, and return when nothing more is."""
        self._dispatcher.settle(timeout)

    def forget_tombstones(self) -> None:
        """Let every name be used again, as after the window of de-duplication."""
        with self._lock:
            self._dispatcher.tombstones.clear()

    # --- queues --------------------------------------------------------------------------------------------------

    def CreateQueue(self, request: tasks_v2.CreateQueueRequest) -> tasks_v2.Queue:
        """Create a queue."""
        rules.check_parent(request.parent)
        rules.check_queue_name(request.queue.name)
        if not request.queue.name.startswith(request.parent + "/queues/"):
            invalid("The queue's name does not belong to the parent.")
        queue = rules.filled_queue(request.queue)
        queue.state = _State(_State.RUNNING)
        with self._lock:
            if queue.name in self._dispatcher.queues:
                raise Refused(grpc.StatusCode.ALREADY_EXISTS, "Queue already exists")
            self._dispatcher.queues[queue.name] = QueueState(queue)
            return tasks_v2.Queue(queue)

    def GetQueue(self, request: tasks_v2.GetQueueRequest) -> tasks_v2.Queue:
        """Return a queue's settings and state."""
        with self._lock:
            return tasks_v2.Queue(self._queue(request.name).queue)

    def UpdateQueue(self, request: tasks_v2.UpdateQueueRequest) -> tasks_v2.Queue:
        """Change limits or retry rules, or create the queue when there is none."""
        rules.check_queue_name(request.queue.name)
        with self._lock:
            state = self._dispatcher.queues.get(request.queue.name)
            if state is None:
                parent = request.queue.name.partition("/queues/")[0]
                return self.CreateQueue(tasks_v2.CreateQueueRequest(parent=parent, queue=request.queue))
            changed = tasks_v2.Queue(state.queue)
            for path in list(request.update_mask.paths) or _UPDATABLE:
                self._copy(path, request.queue, changed)
            state.queue = rules.filled_queue(changed)
            self._lock.notify_all()
            return tasks_v2.Queue(state.queue)

    @staticmethod
    def _copy(path: str, source: tasks_v2.Queue, target: tasks_v2.Queue) -> None:
        part, _, leaf = path.partition(".")
        if part not in _UPDATABLE:
            invalid(f"The field {path!r} cannot be updated.")
        if not leaf:
            setattr(target, part, getattr(source, part))
        elif leaf not in type(getattr(source, part)).meta.fields:
            invalid(f"Invalid field in update_mask: {path!r}")
        else:
            setattr(getattr(target, part), leaf, getattr(getattr(source, part), leaf))

    def PauseQueue(self, request: tasks_v2.PauseQueueRequest) -> tasks_v2.Queue:
        """Send nothing more from this queue."""
        return self._switch(request.name, _State.PAUSED)

    def ResumeQueue(self, request: tasks_v2.ResumeQueueRequest) -> tasks_v2.Queue:
        """Send again."""
        return self._switch(request.name, _State.RUNNING)

    def _switch(self, name: str, to: Any) -> tasks_v2.Queue:
        with self._lock:
            state = self._queue(name)
            state.queue.state = to
            self._lock.notify_all()
            return tasks_v2.Queue(state.queue)

    def PurgeQueue(self, request: tasks_v2.PurgeQueueRequest) -> tasks_v2.Queue:
        """Delete every task of the queue."""
        with self._lock:
            state = self._queue(request.name)
            for name in list(state.tasks):
                self._dispatcher.remove(state, name)
            state.queue.purge_time = datetime.now(UTC)
            return tasks_v2.Queue(state.queue)

    # --- tasks ---------------------------------------------------------------------------------------------------

    def CreateTask(self, request: tasks_v2.CreateTaskRequest) -> tasks_v2.Task:
        """Take a task; its name may not have been used lately."""
        rules.check_queue_name(request.parent)
        task, now = tasks_v2.Task(request.task), self._dispatcher.now()
        rules.check_task(task, now)
        named = bool(task.name)
        if named and rules.queue_of(task.name) != request.parent:
            invalid("The task's name does not belong to the queue.")
        task.name = task.name or f"{request.parent}/tasks/{secrets.randbelow(10**19):019d}"
        if "schedule_time" not in task or task.schedule_time < now:
            task.schedule_time = now
        for name in _OUTPUT_ONLY:
            setattr(task, name, None)
        task.create_time = now.replace(microsecond=0)
        task.dispatch_deadline = task.dispatch_deadline or rules.DEFAULT_DEADLINE
        task.http_request.http_method = _Method(task.http_request.http_method or _Method.POST)
        with self._lock:
            state = self._queue(request.parent)
            if task.name in state.tasks or self._dispatcher.is_buried(task.name):
                message = "The task cannot be created because a task with this name existed too recently."
                raise Refused(grpc.StatusCode.ALREADY_EXISTS, message)
            self._dispatcher.add(state, task, named=named)
            return self._seen(task, request.response_view)

    def GetTask(self, request: tasks_v2.GetTaskRequest) -> tasks_v2.Task:
        """Return a task that is not done."""
        with self._lock:
            return self._seen(self._task(request.name)[1].task, request.response_view)

    def ListTasks(self, request: tasks_v2.ListTasksRequest) -> tasks_v2.ListTasksResponse:
        """List tasks of a queue by page, in no promised order."""
        if request.page_size < 0 or (request.page_token and not request.page_token.isdigit()):
            invalid("Invalid page size or token.")
        start, size = int(request.page_token or 0), min(request.page_size or 1000, 1000)
        with self._lock:
            tasks = [pending.task for pending in self._queue(request.parent).tasks.values()]
            page = [self._seen(task, request.response_view) for task in tasks[start : start + size]]
        following = str(start + size) if start + size < len(tasks) else ""
        return tasks_v2.ListTasksResponse(tasks=page, next_page_token=following)

    def DeleteTask(self, request: tasks_v2.DeleteTaskRequest) -> None:
        """Delete a task that is not done."""
        with self._lock:
            state, _ = self._task(request.name)
            self._dispatcher.remove(state, request.name)

    def RunTask(self, request: tasks_v2.RunTaskRequest) -> tasks_v2.Task:
        """Send a task now, whatever its time, the limits and the queue's state say."""
        with self._lock:
            _, pending = self._task(request.name)
            pending.forced = True
            seen = self._seen(pending.task, request.response_view)
            seen.schedule_time = datetime.now(UTC)
            self._lock.notify_all()
            return seen

    # --- inside --------------------------------------------------------------------------------------------------

    def _queue(self, name: str) -> QueueState:
        rules.check_queue_name(name)
        return self._dispatcher.queues.get(name) or _missing(name)

    def _task(self, name: str) -> tuple[QueueState, Any]:
        state = self._queue(rules.queue_of(name))
        return state, state.tasks.get(name) or _missing(name)

    @staticmethod
    def _seen(task: tasks_v2.Task, view: Any) -> tasks_v2.Task:
        seen = tasks_v2.Task(task)
        seen.view = _View(view or _View.BASIC)
        if seen.view == _View.BASIC:
            seen.http_request.body = b""
        return seen
