"""The service `code-runner` from inside: one request at a time, and an end of the process after each answer.

It holds no store, no queue and no secret, and its account has no roles. What it runs, it runs in the sandbox of its
own machine, and refuses where none holds. Nothing of one tenant's run is there in the next: the process that has
answered ends, and with it the server that loaded it, so that the platform starts a fresh one (security.md, 2.4).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any

from shared.backends.remote.runner_messages import request_from_bytes, result_to_data
from shared.core.code.lock_files import LockProblem
from shared.core.errors import MalformedRequest, SandboxUnavailable, TooMany
from shared.ports import CallerCheck
from shared.ports.sandbox import Sandbox, SandboxRequest

_RETRY = timedelta(seconds=1)
_LAST_WORDS_S = 1.0  # for the answer to a request that broke, before the process ends all the same


class BadLock(MalformedRequest):
    """Packages cannot be installed from this lock file; the message is for a model."""

    code = "lock_problem"


class NoRoom(MalformedRequest):
    """The machine cannot run it safely; the message says why, and the way out."""

    status = 501
    code = "sandbox_unavailable"


class CodeRunner:
    """`answers` is how many requests a process answers before it ends, 0 for as many as come."""

    def __init__(
        self,
        check: CallerCheck,
        audience: str,
        sandbox: Callable[[], Sandbox],
        answers: int = 1,
        end: Callable[[], None] | None = None,
    ) -> None:
        self._check = check
        self._audience = audience
        self._sandbox = sandbox
        self._left = answers or -1
        self._end = end or ending_process()
        self._busy = threading.Lock()

    def check(self, authorization: str) -> None:
        """Raise Unauthenticated or Forbidden unless the header is that of a caller of ours."""
        self._check(authorization, self._audience)

    def turn(self) -> Turn:
        """Return the turn of one request; raises TooMany while another is at work, and when this process ends."""
        if not self._busy.acquire(blocking=False):
            raise TooMany("only one request at a time can run here", retry_after=_RETRY)
        return Turn(self)

    def read(self, raw: bytes) -> SandboxRequest:
        """Return the request in a body; raises MalformedRequest naming the field, TooLarge."""
        return request_from_bytes(raw)

    def run(self, request: SandboxRequest) -> Mapping[str, Any]:
        """Return the body of the answer; raises MalformedRequest, BadLock, NoRoom."""
        try:
            return result_to_data(self._sandbox().run(request))
        except LockProblem as error:
            raise BadLock(str(error)) from error
        except ValueError as error:
            raise MalformedRequest(str(error)) from error
        except SandboxUnavailable as error:
            raise NoRoom(str(error)) from error

    def record_refusal(self) -> None:
        """Take note that nothing was run."""
        self._busy.release()

    def count_answered(self) -> None:
        """Take note that a request was answered; ends the process after the last."""
        self._left -= 1
        if self._left == 0:
            self._end()  # and nobody gets a turn again
        else:
            self._busy.release()


class Turn:
    """One request's turn. Left without an error, it ends when `over` is called: the answer must be sent first."""

    def __init__(self, runner: CodeRunner) -> None:
        self.count_answered = runner.count_answered
        self._refused = runner.record_refusal

    def __enter__(self) -> Turn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, MalformedRequest) and not isinstance(error, NoRoom):
            self._refused()  # before anything was run
        elif error is not None:  # the refusal is still on its way to the caller
            ending = threading.Timer(_LAST_WORDS_S, self.count_answered)
            ending.daemon = True
            ending.start()


def ending_process() -> Callable[[], None]:
    """Return what ends the whole server: the process that has loaded us, and the worker it has made of itself."""
    loaded_by = os.getpid()

    def end() -> None:
        if os.getppid() == loaded_by:  # a worker: its master would only start another one of the same container
            os.kill(loaded_by, signal.SIGTERM)
        os._exit(0)

    return end
