"""What people thought of plans and work: kept as they said it, with who, when and about which run.

Only what people say to us counts: in a comment about a plan, with a decision, through the API. Nothing a page says does
(security, 7.3, rule 10). What came through an approval link came from whoever held it, so it is kept, but no preference
is made of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from shared.app.engine.deps import Deps
from shared.core.run.run import Run, StepStatus, WaitKind, derived_id
from shared.core.text.outgoing_text import visible
from shared.ports import Doc, Put

KIND = "feedback"
KINDS = ("up", "down", "wish", "edit", "denied", "cancelled", "undone")
MAX_TEXT = 500
MOST = 1000  # that are looked at


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thing somebody thought. `cause` is what it came from, so that hearing it twice counts once."""

    id: str
    kind: str
    at: str  # ISO 8601, UTC
    run: str
    by: str
    text: str = ""
    cause: str = ""
    member: bool = True  # of the workspace, or somebody with a key of the tenant


def feedback_put(
    at: datetime, run: str, kind: str, by: str, text: str = "", *, cause: str = "", member: bool = True
) -> Put:
    """Return the write that keeps one piece of feedback; ids ascend with time."""
    if kind not in KINDS:
        raise ValueError(f"feedback is one of {', '.join(KINDS)}, not {kind!r}")
    said = " ".join(visible(text).split())[:MAX_TEXT]
    name = f"{id_at(at)}-{derived_id('', run, kind, cause or said, by)[:12]}"
    found = Feedback(name, kind, at.isoformat(), run, by[:100], said, cause, member)
    return Put(KIND, name, {field: value for field, value in asdict(found).items() if field != "id"})


def id_at(at: datetime) -> str:
    """Return how the ids of feedback of that moment begin."""
    return f"fb-{at:%Y%m%d%H%M%S%f}"


def note(deps: Deps, run: Run, kind: str, by: str, text: str = "", *, cause: str = "", member: bool = True) -> Feedback:
    """Keep what somebody thought about a run."""
    put = feedback_put(deps.clock.now(), run.id, kind, by, text, cause=cause, member=member)
    deps.store.put(run.tenant, put)
    return _read(Doc(put.id, put.body or {}, ""))


def stopped(run: Run) -> str:
    """Return the kind of feedback that stopping a run is: of work begun, or of none."""
    approved = any(s.spec.gate == WaitKind.APPROVAL and s.status == StepStatus.SUCCEEDED for s in run.steps)
    return "undone" if approved else "cancelled"


def feedback_since(deps: Deps, tenant: str, after: str = "") -> list[Feedback]:
    """Return feedback whose id comes after that one, the oldest first; what came twice of one cause, once."""
    return list(islice(_each_since(deps, tenant, after), MOST))


def latest_words(deps: Deps, tenant: str, after: str) -> list[Feedback]:
    """Return feedback with words whose id comes after that one, the oldest first; of too many, the latest."""
    return list(deque((one for one in _each_since(deps, tenant, after) if one.text), maxlen=MOST))


def _each_since(deps: Deps, tenant: str, after: str) -> Iterator[Feedback]:
    heard: set[str] = set()
    while True:
        page = deps.store.list_docs(tenant, KIND, after=after, limit=100)
        for doc in page:
            one = _read(doc)
            name = f"{one.run}/{one.kind}/{one.cause or one.id}"
            if name not in heard:
                heard.add(name)
                yield one
        if len(page) < 100:
            return
        after = page[-1].id


def feedback_by_id(deps: Deps, tenant: str, ids: Iterable[str]) -> list[Feedback]:
    """Return those that are still there."""
    docs = [deps.store.get(tenant, KIND, each) for each in ids]
    return [_read(doc) for doc in docs if doc is not None]


def _read(doc: Doc) -> Feedback:
    return Feedback(id=doc.id, **doc.body)
