"""Runs of steps that think and cost: begun, attempted, and what the tenant's ledger says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.app.engine.engine import open_run
from shared.app.engine.execute_step import execute_step
from shared.app.engine.tools import Tools
from shared.app.money.tenant_ledger import LEDGERS, SPENDING, TOLD
from shared.core.documents.codec import from_body
from shared.core.money.spending import Account, Ledger
from shared.core.run.run import Limits, Run, StepSpec, Usage
from shared.ports import Put
from shared.ports.model import ModelRequest
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from tests.support.builders.runs import TENANT, opened, spec
from tests.support.ports.local_ports import Ports, ScriptedModel, attempt_of, tools_with

COST = Usage(10, 400_000)
DAY = "2026-03-02"
ASK = ModelRequest("agent.writer", "quick", "", "Write.", {})


def _think(wanted: Input, ctx: StepContext) -> Done:
    for _ in range(ctx.settings.get("calls", 1)):
        ctx.model().complete(ASK)
    return Done({"done": True})


THINK = StepKind("test.think", "Think.", Input, _think, Repeat.SAME_END)
THINK_OF_CODE = replace(THINK, thinks="code")


def thinking(*names: str, estimate: Usage = COST, **fields: Any) -> tuple[StepSpec, ...]:
    """Return steps that think, one beside the other."""
    needs = fields.pop("depends_on", ())
    return tuple(spec(name, *needs, kind="test.think", estimate=estimate, **fields) for name in names)


def begin(ports: Ports, *specs: StepSpec, run: str = "run-1", **limits: Any) -> Run:
    event = opened(*specs, run=run, limits=Limits(backoff_s=1.0, **limits))
    return open_run(ports.deps, replace(event, at=ports.clock.now()))


def allow(ports: Ports, **budget: Any) -> None:
    ports.store.put(TENANT, Put("settings", "tenant", {"budget": budget}))


def account(ports: Ports, day: str = DAY) -> Account:
    doc = ports.store.get(TENANT, LEDGERS, day[:7])
    return from_body(Ledger, doc.body, month=day[:7]).get_account(day) if doc is not None else Account()


def paid(ports: Ports) -> list[Mapping[str, Any]]:
    return [item for doc in ports.store.list_docs(TENANT, SPENDING) for item in doc.body["items"]]


def tools(model: ScriptedModel, **settings: Any) -> Tools:
    return tools_with(THINK, model=model, settings=settings)


def attempt(ports: Ports, model: Any, step: str = "a", **settings: Any) -> Run:
    execute_step(attempt_of(ports.run(), step), ports.deps, tools(model, **settings))
    return ports.run()


def told(ports: Ports) -> list[str]:
    return sorted(c.ref for c in ports.deliver_due(lambda command: 200) if c.topic in (TOLD, "budget_alert"))
