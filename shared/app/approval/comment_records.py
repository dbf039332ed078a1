"""What was heard in comments for a run so far: remembered by id, so that each comment counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.app.engine.deps import Deps
from shared.app.notify.messages import question_of
from shared.core.approval.decision_words import MAX_WISH
from shared.core.approval.gates import PLAN, gate_kind
from shared.core.documents.codec import to_body
from shared.core.documents.comment_records import HEARD, Heard, Wish
from shared.core.errors import Busy, VersionConflict
from shared.core.run.run import Run, Step
from shared.ports import Put, get_as

MAX_WISHES = 50


def load_heard(deps: Deps, tenant: str, run: str) -> Heard:
    """Return what was heard for this run so far."""
    return get_as(Heard, deps.store, (tenant, HEARD, run)) or Heard()


def keep_heard(
    deps: Deps,
    run: Run,
    before: Heard,
    ids: Iterable[str],
    wishes: Sequence[Wish] = (),
    also: Sequence[Put] = (),
    asked: str = "",
) -> None:
    """Remember more comments as heard, wishes among them, and that people are `asked`, with what has to be kept `also`.

    Raises Busy when another delivery heard some just now.
    """
    put = build_heard_put(run, before, ids, wishes, asked)
    try:
        deps.store.put(run.tenant, put, *also)
    except VersionConflict as error:
        raise Busy(f"run {run.id}: its comments are being read") from error


def build_heard_put(run: Run, before: Heard, ids: Iterable[str], wishes: Sequence[Wish] = (), asked: str = "") -> Put:
    """Return the write that remembers more comments as heard."""
    kept = tuple(replace(each, text=each.text[:MAX_WISH]) for each in (*before.wishes, *wishes)[-MAX_WISHES:])
    gates = before.asked | ({asked} if asked else frozenset())
    after = replace(before, ids=before.ids | frozenset(ids), wishes=kept, asked=gates)
    return Put(HEARD, run.id, to_body(after), before.version)


def listening(run: Run, gate: Step, heard: Heard) -> bool:
    """Say whether comments may decide at this gate: behind the plan's, only once people were asked there."""
    return gate_kind(gate.id) == PLAN or question_of(gate) in heard.asked
