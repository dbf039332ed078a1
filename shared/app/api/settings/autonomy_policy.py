"""How far a team lets work go without asking: read by all, set by owners and admins, tried on a run by anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.app.api.exchange import ApiReply, Call, refuse_changed
from shared.app.api.json_shapes import (
    COUNT,
    FLAG,
    TEXTS,
    Schema,
    array,
    choice,
    explain,
    lists,
    members,
    number,
    shape,
    text,
)
from shared.app.api.route import RUN, Route
from shared.app.approval.autonomy import judge_gate, judge_steps, parse_policy, read_policy
from shared.core.approval.autonomy import ALWAYS, LEVELS, OUTWARD, PRODUCTION, WORKS, Policy, Verdict
from shared.core.approval.autonomy_words import describe_policy, explain_verdict, name_rule
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.tenant_settings import PLACE, TenantSettings
from shared.core.errors import NotThere
from shared.core.planning.risk import LEVELS as RISKS
from shared.core.run.replan import find_replaced_steps
from shared.core.run.run import Run, WaitKind
from shared.integrations.systems import SYSTEMS
from shared.ports import change_as

_MAX = 1_000_000_000_000  # a million US dollars
_PATTERNS = lists(
    text(max_length=200),
    100,
    what="Path patterns: `*` matches within a name, `**` across folders, `folder/` all that is below it.",
)
_LEVEL_FIELDS: Mapping[str, Schema] = {
    **{work: choice(*LEVELS) for work in WORKS},
    PRODUCTION: choice(ALWAYS, OUTWARD),  # what everybody has seen cannot be undone: nothing lets it go ahead
}
_FIELDS: Mapping[str, Schema] = {
    "levels": {
        **shape(**_LEVEL_FIELDS),
        "maxProperties": len(_LEVEL_FIELDS),
        "description": "How far each kind of work may go without asking; what is left out is always asked about.",
    },
    "risk": explain(choice(*RISKS), "The highest risk at which work goes ahead."),
    "micros": explain(number(0, _MAX), "The most that a run may cost that goes ahead, in millionths of a US dollar."),
    "systems": lists(
        choice(*sorted(SYSTEMS)),
        30,
        what=f"The systems that may be written to; empty for all: {', '.join(sorted(SYSTEMS))}.",
    ),
    "may_change": _PATTERNS,
    "must_not_change": _PATTERNS,
}
CHANGE = shape(**_FIELDS)
TEST = shape(
    run=RUN,
    policy={**CHANGE, "maxProperties": len(_FIELDS), "description": "A policy to try instead of the team's."},
    required=("run",),
)
_JUDGED = {
    "title": text(),
    "asks": explain(FLAG, "Whether people are asked."),
    "rule": text(what="The name of the rule that decides."),
    "why": text(what="The rule in words."),
}
VIEWS: Mapping[str, Schema] = {
    "AutonomyPolicy": members(
        **_FIELDS,
        version=explain(COUNT, "How often it was set."),
        changed_by=text(what="Who set it last."),
        changed_at=text(),
        words=explain(TEXTS, "The policy in words."),
    ),
    "PolicyTest": members(
        run=text(),
        version=COUNT,
        gates=array(members(gate=text(), **_JUDGED, steps=array(members(step=text(), **_JUDGED)))),
    ),
}


def show_policy(call: Call) -> ApiReply:
    """Return the policy; where nobody has set one everything is asked about."""
    return ApiReply(body=_view(read_policy(call.deps, call.tenant)))


def set_policy(call: Call) -> ApiReply:
    """Set the policy as a whole: what is left out has its default again. Raises ChangedSince where If-Match says so.

    It holds for all that has not begun. What people are asked already it does not answer.
    """
    wanted = from_body(Policy, call.body)
    at, who = call.deps.clock.now().isoformat(), call.who

    def change(settings: TenantSettings | None) -> TenantSettings:
        before = settings or TenantSettings()
        known = parse_policy(before.autonomy)
        refuse_changed(call.request, ApiReply(body=_view(known)))
        if _is_same(known, wanted):
            return before
        after = replace(
            wanted, version=known.version + 1, changed_at=at, changed_by=who.name, changed_actor=who.actor.ref
        )
        return replace(before, autonomy=to_body(after))

    change_as(TenantSettings, call.deps.store, (call.tenant, *PLACE), change, call.deps.stand_back)
    return show_policy(call)


def try_policy(call: Call) -> ApiReply:
    """Return at which gates of a run people would be asked, and by which rule; nothing is changed.

    What has happened already is judged as if it were about to begin.
    """
    loaded = call.deps.store.load_run(call.tenant, call.body["run"])
    if loaded is None:
        raise NotThere(f"no run {call.body['run']!r}")
    given = call.body.get("policy")
    policy = read_policy(call.deps, call.tenant) if given is None else from_body(Policy, given)
    gates = _judge_gates(call, loaded.run, policy)
    return ApiReply(body={"run": loaded.run.id, "version": policy.version, "gates": gates})


def _judge_gates(call: Call, run: Run, policy: Policy) -> list[dict[str, Any]]:
    settings, gone = call.tools().settings(call.tenant), find_replaced_steps(run)
    gates = [step for step in run.steps if step.spec.gate == WaitKind.APPROVAL and step.id not in gone]
    return [
        {
            "gate": gate.id,
            **_show_verdict(gate.spec.title, judge_gate(call.deps, run, gate, policy, settings)),
            "steps": [
                {"step": name, **_show_verdict(title, verdict)}
                for name, title, verdict in judge_steps(call.deps, run, gate, policy, settings)
            ],
        }
        for gate in gates
    ]


def _show_verdict(title: str, verdict: Verdict) -> dict[str, Any]:
    why = explain_verdict(verdict) if verdict.asks else name_rule(verdict)
    return {"title": title, "asks": verdict.asks, "rule": verdict.rule.value, "why": why}


def _is_same(known: Policy, wanted: Policy) -> bool:
    return known.version > 0 and _list_fields(known) == _list_fields(wanted)


def _view(policy: Policy) -> dict[str, Any]:
    named = {"version": policy.version, "changed_by": policy.changed_by, "changed_at": policy.changed_at}
    return {**_list_fields(policy), **named, "words": describe_policy(policy)}


def _list_fields(policy: Policy) -> dict[str, Any]:
    return {
        "levels": {work: policy.levels.get(work, ALWAYS) for work in WORKS},
        "risk": policy.risk,
        "micros": policy.micros,
        "systems": list(policy.systems),
        "may_change": list(policy.may_change),
        "must_not_change": list(policy.must_not_change),
    }


POLICY_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/policy", "policy.read", show_policy, "Get how far work goes without asking", "AutonomyPolicy"),
    Route(
        "PUT", "/v1/policy", "policy.change", set_policy, "Set how far work goes without asking", "AutonomyPolicy",
        body=CHANGE, errors=(412,), is_conditional=True,
    ),
    Route(
        "POST", "/v1/policy/test", "policy.read", try_policy, "See what would be asked about a run", "PolicyTest",
        body=TEST, errors=(404,),
    ),
)  # fmt: skip
