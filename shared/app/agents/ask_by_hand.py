"""A question of a person to one agent or to a pattern of several, outside of any page: a small run of one step.

So it survives whatever happens, is paid for as every step is, and costs at most what the person has said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.engine.tools import Tools
from shared.app.money.ceilings import compute_ceiling_by_input
from shared.app.planning.plan_checking import rule_of
from shared.core.errors import Conflicting, MalformedRequest, NotThere
from shared.core.people.actor import By, read_by
from shared.core.run.events import RunOpened
from shared.core.run.run import NOTHING, Run, StepSpec, Trigger, derive_id
from shared.mind.agents.registry import Agent, agents
from shared.mind.safety.redaction import Redactor
from shared.steps._kind import StepKind

ASK, STEP = "agent.ask", "ask"
_PATTERN = "pattern."
_LOOP = "agent.loop"  # it may use other kinds of steps, which a plan that people approved has to name


def list_agents() -> Mapping[str, Agent]:
    """Return the agents by id."""
    return agents()


def list_patterns(tools: Tools) -> Mapping[str, StepKind]:
    """Return the patterns by their names, without what all of them begin with."""
    return {name.removeprefix(_PATTERN): tools.kinds[name] for name in sorted(tools.kinds) if name.startswith(_PATTERN)}


def ask_one_agent(
    deps: Deps, tools: Tools, tenant: str, agent: str, given: Mapping[str, Any], ceiling: int, asked: tuple[By, str]
) -> Run:
    """Open the run that asks an agent; `ceiling` is in millionths of a US dollar, `asked` who asks, and for which call.

    The same call again returns the run that is there. Raises NotThere, MalformedRequest for an input that does not
    fit, and Conflicting where the question may cost more than the ceiling.
    """
    if agent not in agents():
        raise NotThere(f"there is no agent {agent!r}", way_out="GET /v1/agents lists them.")
    return _open(deps, tools, tenant, ASK, {"agent": agent, "input": dict(given)}, ceiling, asked)


def ask_in_pattern(
    deps: Deps, tools: Tools, tenant: str, pattern: str, given: Mapping[str, Any], ceiling: int, asked: tuple[By, str]
) -> Run:
    """Open the run that asks several agents in a pattern, as `ask_one_agent` does with one."""
    if pattern not in list_patterns(tools):
        raise NotThere(f"there is no pattern {pattern!r}", way_out="GET /v1/patterns lists them.")
    if _mentions_loop(given):
        raise MalformedRequest(f"field 'input' has a member of kind {_LOOP}", way_out=f"Use {ASK} or a pattern.")
    return _open(deps, tools, tenant, _PATTERN + pattern, given, ceiling, asked)


def find_answer(deps: Deps, run: Run, known: Redactor) -> dict[str, Any]:
    """Return what a run was answered, without secrets: its fields, and in words; empty before there is an answer.

    Raises Conflicting for a run that asks nobody.
    """
    step = run.step(STEP)
    if run.trigger.kind != "agent" or step is None:
        way_out = "Ask one with POST /v1/agents/ID/ask."
        raise Conflicting(f"run {run.id} was not opened to ask an agent", way_out=way_out)
    texts = {name: _read_kept(deps, run, str(step.output.get(name) or "")) for name in ("answer", "text")}
    fields = json.loads(texts["answer"] or "{}")
    return {"answer": known.hide_in(fields), "text": known.hide(texts["text"])}


def _open(
    deps: Deps, tools: Tools, tenant: str, name: str, given: Mapping[str, Any], ceiling: int, asked: tuple[By, str]
) -> Run:
    kind, model = tools.kinds[name], tools.model(tenant)
    try:
        whole = rule_of(kind, model, tools.kinds).check(given)
        weigh = compute_ceiling_by_input(kind, tools.kinds, model)
        estimate = weigh(whole) if weigh is not None else NOTHING
    except ValueError as error:
        raise MalformedRequest(f"field 'input' does not fit: {str(error)[:1000]}", way_out="Mend it.") from error
    if estimate.micros > ceiling:
        raise Conflicting(
            f"field 'ceiling' is {ceiling}, and this may cost up to {estimate.micros} millionths of a US dollar",
            way_out="Raise the ceiling, or ask fewer agents.",
        )
    by, request = asked
    who = str(given.get("agent") or name.removeprefix(_PATTERN))
    spec = StepSpec(STEP, name, f"Ask {who}", whole, lane=kind.lane, estimate=estimate, group=kind.group)
    asker, actor = read_by(by)
    trigger = Trigger("agent", title=f"Ask {who}", by=asker, actor=actor)
    run_id = derive_id("run-", tenant, "agent", request)
    opened = RunOpened(deps.clock.now(), tenant, run_id, trigger, deps.limits, (spec,))
    return open_run(deps, opened, ceiling=ceiling)


def _mentions_loop(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.get("kind") == _LOOP or any(map(_mentions_loop, value.values()))
    return isinstance(value, list | tuple) and any(map(_mentions_loop, value))


def _read_kept(deps: Deps, run: Run, ref: str) -> str:
    try:
        return deps.store.get_text(run.tenant, ref) if ref else ""
    except KeyError:  # no longer kept
        return ""
