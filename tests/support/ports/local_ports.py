"""The local ports in a folder, under a clock in hand, and the few parts of a use case that a test scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.prompts import code_prompts
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Unauthorized
from shared.core.run.commands import ATTEMPT, Command
from shared.core.run.run import NOTHING, Limits, Run, Usage
from shared.ports.model import ModelRequest, ModelResult, request_tokens
from shared.ports.sandbox import Sandbox
from shared.steps import KINDS
from shared.steps._kind import StepKind
from tests.support.ports.moved_clock import MovedClock


@dataclass
class Ports:
    """Store, queue and secrets of one folder; `deliver_due` plays the queue by hand."""

    deps: Deps
    clock: MovedClock
    store: LocalStore

    def with_deps(self, **changes: Any) -> Ports:
        """Return the same ports with something else in the deps."""
        return replace(self, deps=replace(self.deps, **changes))

    def run(self, tenant: str = "t-1", run: str = "run-1") -> Run:
        """Return the stored run."""
        loaded = self.store.load_run(tenant, run)
        assert loaded is not None
        return loaded.run

    def deliver_due(self, deliver: Callable[[Command], int], most: int = 100) -> list[Command]:
        """Deliver what is due now, each once; return it."""
        done: list[Command] = []

        def receive(command: Command) -> int:
            done.append(command)
            return deliver(command)

        dispatcher = Dispatcher(self.store, receive, self.clock, DispatchOptions(workers=0))
        dispatcher.start()
        while len(done) < most and dispatcher.deliver_one():
            pass
        dispatcher.stop()
        return done


@contextmanager
def local_ports(folder: Path, **limits: Any) -> Iterator[Ports]:
    """Open the local ports in a folder."""
    clock = MovedClock()
    with LocalStore(folder, clock) as store:
        deps = Deps(store, LocalQueue(store, clock), LocalSecrets(folder), clock, limits=Limits(**limits))
        yield Ports(deps, clock, store)


def attempt_of(run: Run, step_id: str, **changes: Any) -> Command:
    """Return the command for the attempt that the run waits for now."""
    step = run.step(step_id)
    assert step is not None
    fields = {"step": step_id, "attempt": step.attempt, "wake": step.wake, **changes}
    name = fields.pop("name", ATTEMPT)
    return Command(f"{run.id}.{run.seq}.test", name, step.spec.lane, run.tenant, run.id, **fields)


class NoAccounts:
    """A tenant that has connected nothing."""

    def connect_for(self, tenant: str, noted: Any = None) -> Any:
        """Return what refuses every client."""

        def connect(client: type[Any]) -> Any:
            raise AssertionError(f"nobody should ask for {client.__name__} here")

        return connect


class Unconnected:
    """A tenant that has taken its grants back: every client is refused as the real accounts refuse it."""

    def connect_for(self, tenant: str, noted: Any = None) -> Any:
        """Return what raises Unauthorized."""

        def connect(client: type[Any]) -> Any:
            raise Unauthorized(client.__name__.lower(), "not connected")

        return connect


@dataclass
class Clients:
    """Accounts that hand over the clients they were given, by class."""

    built: Mapping[type[Any], Any]

    def connect_for(self, tenant: str, noted: Any = None) -> Any:
        """Return what hands them over."""
        return lambda client, scope="": self.built[client]


@dataclass
class ScriptedModel:
    """A model that gives its answers in turn: JSON, or an error to raise; the last one stays."""

    answers: list[Any]
    name: str = "scripted"
    asked: list[ModelRequest] = field(default_factory=list)
    usage: Usage = NOTHING

    def window(self, task_class: str) -> int:
        return 1_000_000

    def count(self, request: ModelRequest) -> int:
        return request_tokens(request)

    def estimate(self, request: ModelRequest) -> Usage:
        """Return what a call costs at most."""
        return self.usage

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer with the next one."""
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return ModelResult(answer, self.name, self.usage)


def _no_sandbox() -> Sandbox:
    raise AssertionError("nobody should ask for a sandbox here")


def tools_with(
    *kinds: StepKind,
    accounts: Any = None,
    model: ScriptedModel | None = None,
    sandbox: Callable[[], Sandbox] = _no_sandbox,
    settings: Mapping[str, Any] | None = None,
    check_site: Callable[[str], tuple[int, str]] = lambda url: (0, ""),
) -> Tools:
    """Return tools with these kinds beside the usual ones, and what was given."""
    connected: Sequence[str] = ("notion", "github", "vercel", "slack")
    known = {"connected": connected, "prompts": code_prompts(), **(settings or {})}
    return Tools(
        kinds={**KINDS, **{kind.name: kind for kind in kinds}},
        accounts=accounts or NoAccounts(),
        model=lambda tenant: model or ScriptedModel([{}]),
        sandbox=sandbox,
        check_site=check_site,
        settings=lambda tenant: known,
    )
