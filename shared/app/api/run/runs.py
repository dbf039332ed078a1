"""Look at a run, and act on it: approve, deny, cancel, retry."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.run.retry import retry_links, retry_run
from shared.app.api.run.run_views import event_view, run_view
from shared.app.approval.approvals import asked_now, decide
from shared.app.approval.gates import ask_for_rework, find_rework_step
from shared.app.engine.engine import record
from shared.app.engine.switches import standing_still_words
from shared.app.planning.feedback import classify_stop, note
from shared.core.approval.gates import PLAN, gate_kind, waits_at
from shared.core.approval.late_words import describe_other
from shared.core.errors import Conflicting, NotThere
from shared.core.people.actor import By
from shared.core.run import acts
from shared.core.run.run import Run


def show_run(call: Call) -> ApiReply:
    """Return one run."""
    return reply_with_run(call, _run(call, call.parts["run"]))


def list_events(call: Call) -> ApiReply:
    """Return a run's timeline."""
    run, limit = _run(call, call.parts["run"]), call.query["limit"]
    found = call.deps.store.events(call.tenant, run.id, after=call.query["after"], limit=limit)
    last = found[-1][0] if found else 0
    body: dict[str, Any] = {"events": [event_view(seq, event) for seq, event in found]}
    return ApiReply(body={**body, "next": last if found and last < run.seq else None})


def approve(call: Call) -> ApiReply:
    """Approve what the run asks: its plan, what leaves, or that it goes live."""
    return _decide(call, approve=True)


def deny(call: Call) -> ApiReply:
    """Deny what the run asks: it ends as cancelled."""
    return _decide(call, approve=False)


def rework(call: Call) -> ApiReply:
    """Have the work that waits for an approval done differently; what was built on it is done anew."""
    run = _run(call, call.parts["run"])
    gate = waits_at(run)
    by, wish = call.who.actor, call.body["wish"]
    if gate is None or find_rework_step(run, gate) is None:
        way_out = "If a plan is waiting, deny it or comment on its page."
        raise Conflicting(f"run {run.id} is not waiting for anything that could be done differently", way_out=way_out)
    if not ask_for_rework(call.deps, run, gate, wish, by):
        raise Conflicting("this was asked for too many times, or has just changed", way_out="Look at the run again.")
    return reply_with_run(call, _run(call, run.id))


def answer(call: Call) -> ApiReply:
    """Answer what the run asks in words; the same words as in a comment."""
    run = _run(call, call.parts["run"])
    return reply_with_run(call, take_words(call, call.tenant, run.id, call.body["text"], call.who.actor))


def take_words(call: Call, tenant: str, run: str, words: str, by: By) -> Run:
    """Answer in words what a run asks, whoever's words they are."""
    from shared.app.approval.short_answers import answer as take_answer  # what it needs is heavy, and few calls need it

    return take_answer(call.deps, call.tools(), tenant, run, words, by)


def cancel(call: Call) -> ApiReply:
    """Ask the run to stop; asking again changes nothing."""
    run = _run(call, call.parts["run"])
    if run.status.final:
        raise Conflicting(
            f"run {run.id} has already ended; it is {run.status.value}", way_out="There is nothing to cancel."
        )
    force, reason = call.body["force"], call.body["reason"]
    if not run.cancel:
        note(call.deps, run, classify_stop(run), call.who.name, reason, cause="cancel")
    event = acts.CancelRequested(call.deps.clock.now(), call.who.name, reason, force, call.who.actor)
    return reply_with_run(call, record(call.deps, call.tenant, run.id, event))


def pause(call: Call) -> ApiReply:
    """Let the run stand still; asking again changes nothing."""
    run = _run(call, call.parts["run"])
    event = acts.RunPaused(call.deps.clock.now(), call.who.name, call.body["reason"], actor=call.who.actor)
    after = record(call.deps, call.tenant, run.id, event)
    if after.pause is None:
        way_out = "A run that has ended, or is being cancelled, stands still by itself."
        raise Conflicting(f"run {run.id} cannot be paused; it is {after.status.value}", way_out=way_out)
    return reply_with_run(call, after)


def resume(call: Call) -> ApiReply:
    """Let a paused run go on; one that is not paused goes on as it did."""
    run = _run(call, call.parts["run"])
    return reply_with_run(
        call,
        record(
            call.deps, call.tenant, run.id, acts.RunResumed(call.deps.clock.now(), call.who.name, actor=call.who.actor)
        ),
    )


def retry(call: Call) -> ApiReply:
    """Go on with a failed or cancelled run where it ended, or do it over from the start; once."""
    from_start = call.body["from_start"]
    run = retry_run(call.deps, call.tools, call.tenant, call.parts["run"], call.who.actor, from_start=from_start)
    return reply_with_run(call, run)


def _decide(call: Call, *, approve: bool) -> ApiReply:
    run = _run(call, call.parts["run"])
    asked = asked_now(run)
    named = call.body.get("plan_hash", "" if approve and gate_kind(asked.gate) != PLAN else asked.plan_hash)
    if not named:
        way_out = "Look at `asked` in the run, and give the `plan_hash` there to agree to exactly that."
        raise Conflicting("what leaves or goes live can only be approved by naming its hash", way_out=way_out)
    if named != asked.plan_hash:
        changed = describe_other(run, asked.gate, named)
        raise Conflicting(changed, way_out="Look at the run again, then decide.")
    reason = call.body.get("reason", "")
    by, actor = call.who.name, call.who.actor
    return reply_with_run(call, decide(call.deps, asked, approve=approve, by=by, via="api", reason=reason, actor=actor))


def _run(call: Call, run_id: str) -> Run:
    loaded = call.deps.store.load_run(call.tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    return loaded.run


def reply_with_run(call: Call, run: Run) -> ApiReply:
    retry_of, retried_by = retry_links(call.deps, run)
    why = standing_still_words(call.deps, run)
    return ApiReply(body=run_view(run, retry_of=retry_of, retried_by=retried_by, paused=why))
