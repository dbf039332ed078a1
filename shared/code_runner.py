"""What the service `code-runner` is made of: who may call it, and the sandbox of its machine. No store, no secrets.

It stands outside of `shared/wiring`, so that what wires those does not even lie beside code that nobody trusts.
"""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING

from shared.backends.clock import SystemClock
from shared.backends.remote.runner import CodeRunner
from shared.backends.remote.runner_messages import MAX_BODY
from shared.core.code.sandbox_settings import RunnerSettings, read_runner
from shared.ports import CallerCheck

if TYPE_CHECKING:
    from shared.ports.sandbox import Sandbox

__all__ = ["MAX_BODY", "wire_runner"]


@cache
def wire_runner() -> CodeRunner:
    """Build it from the environment; a wrong one fails here, at start-up, and names every problem."""
    settings = read_runner(os.environ)
    return CodeRunner(_callers(settings), settings.url, partial(_sandbox, settings), settings.answers)


def _callers(settings: RunnerSettings) -> CallerCheck:
    if settings.mode == "local":
        from shared.backends.local.keys.identity import LocalCallers

        return LocalCallers(settings.data)
    from shared.backends.cloud.identity import CERTS_URL, GoogleCallers, GoogleKeys

    clock = SystemClock()
    keys = GoogleKeys(clock, settings.certs_url or CERTS_URL)
    return GoogleCallers(settings.callers, keys, clock, behind_iam=not settings.certs_url)


@cache
def _sandbox(settings: RunnerSettings) -> Sandbox:
    from shared.backends.sandbox.choose import choose_sandbox

    return choose_sandbox(npm=settings.registries.npm, pip=settings.registries.pip, hosts=settings.registries.hosts)
