"""What was heard in comments for a run so far: remembered by id, so that each comment counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.app.engine.deps import Deps
from shared.app.notify.messages import question_of
from shared.core.approval.decision_words import MAX_WISH
from shared.core.approval.gates import PLAN, gate_kind
from shared.core.errors import Busy, VersionConflict
from shared.core.run.run import Run, Step
from shared.ports import Put

KIND = "heard"
MOST_WISHES = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of another plan; `revision` is that of the plan it was said about."""

    comment: str
    text: str
    by: str
    revision: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The comments of a run that were taken note of, and the wishes among them."""

    ids: frozenset[str] = frozenset()
    wishes: tuple[Wish, ...] = ()
    version: str = ""  # of what is stored
    asked: frozenset[str] = frozenset()  # gates behind the plan's that people were asked at, with what it was about

    def before(self, revision: int) -> tuple[Wish, ...]:
        """Return the wishes that the plan of this revision was made with."""
        return tuple(wish for wish in self.wishes if wish.revision < revision)

    def about(self, revision: int) -> Wish | None:
        """Return the last wish about the plan of this revision: there has to be another plan."""
        return next((wish for wish in reversed(self.wishes) if wish.revision == revision), None)


def heard_of(deps: Deps, tenant: str, run: str) -> Heard:
    """Return what was heard for this run so far."""
    doc = deps.store.get(tenant, KIND, run)
    if doc is None:
        return Heard()
    asked = frozenset(doc.body.get("asked", ()))
    return Heard(frozenset(doc.body["ids"]), tuple(Wish(**each) for each in doc.body["wishes"]), doc.version, asked)


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
    put = heard_put(run, before, ids, wishes, asked)
    try:
        deps.store.put(run.tenant, put, *also)
    except VersionConflict as error:
        raise Busy(f"run {run.id}: its comments are being read") from error


def heard_put(run: Run, before: Heard, ids: Iterable[str], wishes: Sequence[Wish] = (), asked: str = "") -> Put:
    """Return the write that remembers more comments as heard."""
    after = Heard(before.ids | frozenset(ids), (*before.wishes, *wishes)[-MOST_WISHES:])
    listed = [
        {"comment": each.comment, "text": each.text[:MAX_WISH], "by": each.by, "revision": each.revision}
        for each in after.wishes
    ]
    gates = sorted({*before.asked, *([asked] if asked else ())})
    body = {"ids": sorted(after.ids), "wishes": listed, **({"asked": gates} if gates else {})}
    return Put(KIND, run.id, body, before.version)


def listening(run: Run, gate: Step, heard: Heard) -> bool:
    """Say whether comments may decide at this gate: behind the plan's, only once people were asked there."""
    return gate_kind(gate.id) == PLAN or question_of(gate) in heard.asked
