"""Comments found by asking: of the runs that a person has to answer, and of those that ended lately.

What is new on a page has the page looked at, as a delivery would. What a comment means, who may say it and that it
counts once is decided there (`plan_comments`): by its id, for those of members, since the question was shown. Of a page
Notion lists the threads on the page itself; the plan stands in a block of its own, and is asked for too. Threads on
other blocks it lists for each block alone: they are not heard, as nobody is asked there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.intake.debounce import gather
from shared.core.documents.comment_records import TOLD, ToldComments
from shared.core.documents.look import Happening
from shared.core.errors import Missing, Rejected
from shared.core.pages.author import UNKNOWN, Author
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus, derive_id
from shared.integrations.notion.client.client import Notion
from shared.ports import change_as, get_as

HEARS_AFTER_THE_END = timedelta(days=1)  # “retry” and “roll back”
_MAX = 2000  # ids of one page
WAIT = (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT)


@dataclass(frozen=True, slots=True)
class Thread:
    """Where comments are listed for, and the page they are about."""

    place: str
    page: str


def threads_of(runs: Sequence[Run], now: datetime) -> list[Thread]:
    """Return where an answer may be given to these runs, those that wait first."""
    waiting = [run for run in runs if run.status in WAIT and run.trigger.page]
    ended = [run for run in runs if run.trigger.page and _may_be_asked_more(run, now)]
    found = [Thread(place, run.trigger.page) for run in waiting for place in _places(run)]
    busy = {run.trigger.page for run in runs if not run.status.final}
    late = [Thread(page, page) for page in (run.trigger.page for run in ended) if page not in busy]
    return list(dict.fromkeys([*found, *late]))


def _places(run: Run) -> list[str]:
    """Return the page, and the block that the plan stands in."""
    shown = next((step.output for step in reversed(run.steps) if step.output.get("shown")), None)
    return [run.trigger.page, *([str(shown["container"])] if shown else ())]


def _may_be_asked_more(run: Run, now: datetime) -> bool:
    if run.ended_at is None or now - run.ended_at > HEARS_AFTER_THE_END:
        return False
    return run.status in (RunStatus.FAILED, RunStatus.CANCELLED) or bool(run.facts.get("site"))


def hear_comments(deps: Deps, tenant: str, notion: Notion, us: str, threads: Sequence[Thread]) -> int:
    """Have the pages looked at where something new was said; return how many."""
    by_page: dict[str, list[Mapping[str, Any]]] = {}
    for thread in threads:
        by_page.setdefault(thread.page, []).extend(_comments(notion, thread.place))
    return sum(_hear(deps, tenant, us, page, found) for page, found in by_page.items())


def _hear(deps: Deps, tenant: str, us: str, page: str, found: Sequence[Mapping[str, Any]]) -> bool:
    """Order a look if there are comments that led to none yet."""
    seen = get_as(ToldComments, deps.store, (tenant, TOLD, page)) or ToldComments()
    known = set(seen.ids)
    new = [comment for comment in found if str(comment["id"]) not in known]
    theirs = [comment for comment in new if _author(comment) != us]
    if not new:
        return False
    look = _look(deps, tenant, page, theirs) if theirs else None
    if look is not None:
        deps.queue.enqueue([look])
    keep_told(deps, tenant, page, [str(comment["id"]) for comment in new])  # after: a death orders the same again
    return bool(theirs)


def keep_told(deps: Deps, tenant: str, page: str, ids: Sequence[str]) -> None:
    """Remember that these comments of a page led to a look, beside what another look has heard meanwhile."""

    def keep(kept: ToldComments | None) -> ToldComments:
        before = kept or ToldComments()
        return replace(before, ids=(*(each for each in before.ids if each not in ids), *ids)[-_MAX:])

    change_as(ToldComments, deps.store, (tenant, TOLD, page), keep, deps.stand_back)


def _look(deps: Deps, tenant: str, page: str, new: Sequence[Mapping[str, Any]]) -> Command | None:
    last = max(new, key=lambda comment: str(comment["created_time"]))
    name = derive_id("asked-comments-", page, *sorted(str(comment["id"]) for comment in new))
    happening = Happening(
        name, str(last["created_time"]), Author(UNKNOWN, _author(last)), "comment.created", in_table=True
    )
    return gather(deps, tenant, page, happening)


def _author(comment: Mapping[str, Any]) -> str:
    return str((comment.get("created_by") or {}).get("id") or "")


def _comments(notion: Notion, place: str) -> Sequence[Mapping[str, Any]]:
    try:
        return notion.comments(place)
    except (Missing, Rejected):  # gone, or we may not read comments
        return ()
