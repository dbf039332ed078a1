"""The use cases in one process: a real store, queue and clock in hand, simulators at the other end of HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.app.engine.execute_step import execute_step
from shared.app.engine.sweep import sweep
from shared.app.engine.tools import Tools
from shared.app.intake.consider_change import consider_change
from shared.app.intake.consider_page import consider_page
from shared.app.intake.look_at_page import look_at_page
from shared.app.intake.messenger_asks import answer_ask
from shared.app.intake.reconcile import reconcile
from shared.app.notify.mirror_run import mirror_run
from shared.app.notify.notify import notify
from shared.app.planning.make_plan import make_plan
from shared.app.prompts import code_prompts
from shared.app.schedule.plan_day import plan_the_day
from shared.app.schedule.routines import run_routine
from shared.app.ship.site_environment import site_environment
from shared.backends.local.delivery.dispatcher import Deliver, Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.delivery.outcomes import DeliveryResult
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.backends.offline.model import OfflineModel
from shared.core.errors import AgentError, Busy
from shared.core.rate_window import Rate
from shared.core.run.commands import (
    CHANGE,
    CONSIDER,
    LOOK,
    MIRROR,
    NOTIFY,
    PLAN_DAY,
    RECONCILE,
    REPLY,
    ROUTINE,
    Command,
)
from shared.core.run.run import Run
from shared.integrations.hosting import OwnHosts
from shared.oauth import GrantTokens
from shared.ports import Put, Secret
from shared.ports.model import Model
from shared.ports.sandbox import Sandbox
from shared.steps import KINDS
from shared.steps._kind import StepKind
from tests.support.ports.moved_clock import MovedClock

TENANT = "t-1"
NOWHERE = "http://127.0.0.1:9"  # the port of `discard`: nobody answers


def _no_sandbox() -> Sandbox:
    raise AssertionError("no test of these runs code")


def _no_site(url: str) -> tuple[int, str]:
    return 0, ""


@dataclass
class SmallHouse:
    """Ports, use cases, and a queue that delivers when asked to."""

    folder: Path
    endpoints: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, StepKind] = field(default_factory=lambda: KINDS)
    model: Model = field(default_factory=OfflineModel)
    check_site: Callable[..., tuple[int, str]] = _no_site
    crash_point: Callable[[str], None] = lambda point: None
    own_hosts: OwnHosts = field(default_factory=OwnHosts)  # of the operator

    def __post_init__(self) -> None:
        """Build everything on the folder."""
        self.clock = MovedClock()
        self.store = LocalStore(self.folder, self.clock)
        self.queue = LocalQueue(self.store, self.clock)
        self.secrets = LocalSecrets(self.folder)
        self.secrets.set("approval-link-key", Secret("a key of the tests"))
        self.deps = Deps(self.store, self.queue, self.secrets, self.clock, crash_point=lambda p: self.crash_point(p))
        nowhere = dict.fromkeys(("notion", "github", "gitlab", "vercel", "slack"), NOWHERE)
        at = Endpoints({**nowhere, **self.endpoints}, timeouts=(2.0, 10.0))
        rate = Rate(limit=100_000)  # under a clock that stands still
        self.accounts = Accounts(
            self.store, self.secrets, self.clock, at, self.deps.owner, rate=rate, own_hosts=self.own_hosts
        )
        self.tools = Tools(
            self.kinds,
            self.accounts,
            lambda tenant: self.model,
            _no_sandbox,
            lambda *given: self.check_site(*given),
            self.settings,
            known_secrets=self.accounts.list_held_tokens,
            site_environment=self._site_environment,
        )
        self.dispatcher = Dispatcher(self.store, self._deliver(), self.clock, DispatchOptions(workers=0))
        self.dispatcher.start()

    def close(self) -> None:
        """Stop and let go of the folder."""
        self.dispatcher.stop()
        self.store.close()

    def settings(self, tenant: str) -> Mapping[str, Any]:
        """Return a tenant's settings as the wiring does."""
        doc = self.store.get(tenant, "settings", "tenant")
        extra = {"connected": self.accounts.systems(tenant)["connected"], "prompts": code_prompts()}
        extra["granted"] = [each.id for each in self.store.list_docs(tenant, "grants")]
        return {**(doc.body if doc else {}), **extra}

    def _site_environment(self, tenant: str) -> Mapping[str, Secret]:
        doc = self.store.get(tenant, "settings", "tenant")
        return site_environment(self.deps, tenant, doc.body if doc else {})

    def settle(self, **settings: Any) -> None:
        """Set the tenant's settings."""
        self.store.put(TENANT, Put("settings", "tenant", settings))

    def connect(self, system: str, token: str) -> None:
        """Give the tenant a grant."""
        self.accounts.keep(TENANT, system, GrantTokens(Secret(token), None, {}), {})

    def revoke(self, system: str) -> None:
        """Mark the tenant's grant as revoked."""
        doc = self.store.get(TENANT, "grants", system)
        assert doc is not None
        self.store.put(TENANT, Put("grants", system, {**doc.body, "status": "revoked"}))

    def run(self, run: str) -> Run:
        """Return the run as it is stored."""
        loaded = self.store.load_run(TENANT, run)
        assert loaded is not None
        return loaded.run

    def handle(self, command: Command) -> None:
        """Do what a function does with a delivered command; raises what it raises."""
        by_name = {LOOK: look_at_page, CONSIDER: consider_page, MIRROR: mirror_run, NOTIFY: notify}
        by_name |= {CHANGE: consider_change, PLAN_DAY: plan_the_day, ROUTINE: run_routine, RECONCILE: reconcile}
        by_name |= {REPLY: answer_ask}
        default = make_plan if command.function == "plan" else execute_step
        by_name.get(command.name, default)(command, self.deps, self.tools)

    def work(self) -> int:
        """Deliver what is due now; return how many deliveries that were."""
        count = 0
        while self.dispatcher.deliver_one():
            count += 1
            assert count < 500, "the queue never came to rest"
        return count

    def pass_time(self, span: timedelta, step: timedelta = timedelta(minutes=1)) -> None:
        """Let time pass, delivering and sweeping as it goes."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.move(seconds=step.total_seconds())
            sweep(self.deps)
            self.work()

    def with_endpoints(self, **endpoints: str) -> None:
        """Move systems to other addresses, as when they come back after an outage."""
        at = self.accounts.endpoints
        self.accounts._endpoints = replace(at, elsewhere={**at.elsewhere, **endpoints})

    def _deliver(self) -> Deliver:
        def deliver(command: Command) -> int | DeliveryResult:
            try:
                self.handle(command)
            except Busy:
                return 409
            except AgentError as error:
                return DeliveryResult(500, reason=str(error))
            return 204

        return deliver
