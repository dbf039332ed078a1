"""What people thought of plans and work: kept as they said it, with who, when and about which run.

Only what people say to us counts: in a comment about a plan, with a decision, through the API. Nothing a page says does
(security, 7.3, rule 10). What came through an approval link came from whoever held it, so it is kept, but no preference
is made of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body, unknown
from shared.core.documents.generate import BESIDE
from shared.core.run.run import Run, StepStatus, WaitKind, derive_id
from shared.core.text.outgoing_text import visible
from shared.ports import Doc, Put, get_as, read_as

KIND = "feedback"
KINDS = ("up", "down", "wish", "edit", "denied", "cancelled", "undone")
MAX_TEXT = 500
MAX = 1000  # that are looked at


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thing somebody thought. `cause` is what it came from, so that hearing it twice counts once."""

    id: str = field(metadata={BESIDE: True})
    kind: str
    at: str  # ISO 8601, UTC
    run: str
    by: str
    text: str = ""
    cause: str = ""
    member: bool = True  # of the workspace, or somebody with a key of the tenant
    more: Mapping[str, Any] = unknown()


def feedback_put(
    at: datetime, run: str, kind: str, by: str, text: str = "", *, cause: str = "", member: bool = True
) -> Put:
    """Return the write that keeps one piece of feedback; ids ascend with time."""
    if kind not in KINDS:
        raise ValueError(f"feedback is one of {', '.join(KINDS)}, not {kind!r}")
    words = " ".join(visible(text).split())[:MAX_TEXT]
    name = f"{id_at(at)}-{derive_id('', run, kind, cause or words, by)[:12]}"
    found = Feedback(name, kind, at.isoformat(), run, by[:100], words, cause, member)
    return Put(KIND, name, to_body(found))


def id_at(at: datetime) -> str:
    """Return how the ids of feedback of that moment begin."""
    return f"fb-{at:%Y%m%d%H%M%S%f}"


def note(deps: Deps, run: Run, kind: str, by: str, text: str = "", *, cause: str = "", member: bool = True) -> Feedback:
    """Keep what somebody thought about a run."""
    put = feedback_put(deps.clock.now(), run.id, kind, by, text, cause=cause, member=member)
    deps.store.put(run.tenant, put)
    return read_as(Feedback, Doc(put.id, put.body or {}, ""))


def classify_stop(run: Run) -> str:
    """Return the kind of feedback that stopping a run is: of work begun, or of none."""
    approved = any(s.spec.gate == WaitKind.APPROVAL and s.status == StepStatus.SUCCEEDED for s in run.steps)
    return "undone" if approved else "cancelled"


def feedback_since(deps: Deps, tenant: str, after: str = "") -> list[Feedback]:
    """Return feedback whose id comes after that one, the oldest first; what came twice of one cause, once."""
    return list(islice(_list_since(deps, tenant, after), MAX))


def latest_words(deps: Deps, tenant: str, after: str) -> list[Feedback]:
    """Return feedback with words whose id comes after that one, the oldest first; of too many, the latest."""
    return list(deque((feedback for feedback in _list_since(deps, tenant, after) if feedback.text), maxlen=MAX))


def _list_since(deps: Deps, tenant: str, after: str) -> Iterator[Feedback]:
    heard: set[str] = set()
    while True:
        page = deps.store.list_docs(tenant, KIND, after=after, limit=100)
        for doc in page:
            feedback = read_as(Feedback, doc)
            name = f"{feedback.run}/{feedback.kind}/{feedback.cause or feedback.id}"
            if name not in heard:
                heard.add(name)
                yield feedback
        if len(page) < 100:
            return
        after = page[-1].id


def feedback_by_id(deps: Deps, tenant: str, ids: Iterable[str]) -> list[Feedback]:
    """Return those that are still there."""
    found = (get_as(Feedback, deps.store, (tenant, KIND, each)) for each in ids)
    return [feedback for feedback in found if feedback is not None]
