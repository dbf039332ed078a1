"""Which statuses we wrote to a page, and what each of them stood over: Notion has no write that fails if it is stale.

A page is read, a status is chosen, and written a moment later. What somebody set in between is gone and cannot be read
any more. What is kept here tells afterwards whether a write of ours knew what it stood over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import sparse, turned, unknown
from shared.core.pages import marks
from shared.core.pages.author import Author, read_author, write_author
from shared.core.run.commands import CONSIDER, Command
from shared.core.run.run import Run, RunStatus, derive_id
from shared.ports.documents import change_as, get_as

KIND = "statuses"  # documents of a tenant, one per page
_MAX = 12  # writes of one page
_AT_WORK = (RunStatus.EXECUTING, RunStatus.CANCELLING)  # before that the plan is made from the page as it is
_SETTLED = timedelta(seconds=2)  # by then the page is known to show the end; if not, the look comes again


@dataclass(frozen=True, slots=True)
class Written:
    """One status that we wrote: what the page showed when we last looked, and between when and when we did not see it.

    Times are of our clock, ISO 8601.
    """

    run: str
    saw: str
    wrote: str
    read_at: str
    wrote_at: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wished for another plan, to be made when that run has ended."""

    run: str = ""
    who: Author = turned(Author(), read_author, write_author)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a page."""

    writes: tuple[Written, ...] = sparse(())
    wish: Wish = sparse(Wish())
    more: Mapping[str, Any] = unknown()

    def find_last(self, run: str) -> str:
        """Return the status that we wrote last for this run; "" when we wrote none for it yet."""
        return next((each.wrote for each in reversed(self.writes) if each.run == run), "")

    def opened_by(self, run: str, read_at: datetime) -> bool:
        """Say whether a status that was read then may be the one that opened this run: ours was not there yet."""
        first = next((each for each in self.writes if each.run == run), None)
        return first is not None and read_at < datetime.fromisoformat(first.wrote_at)

    def shows_former(self, run: str, now: str) -> bool:
        """Say whether a status is the one that we wrote last, for another run than this."""
        return bool(self.writes) and self.writes[-1].run != run and self.writes[-1].wrote == now

    def stands(self, run: Run, now: str, wanted: str) -> bool:
        """Say whether the status shown was set by somebody after ours, and is not to be written over.

        Before our first one it may still be the one that opened the run. While a plan is made or asked about, that plan
        is what Plan it wishes for. An end is written once: what is set over it is news for whoever looks at the page.
        """
        last = self.find_last(run.id)
        if not last:
            return False
        if now == marks.PLAN_IT and (run.status.final or run.status in _AT_WORK):
            return True
        return run.status.final and last == wanted

    def wishes(self, run: str, now: str) -> bool:
        """Say whether another plan was wished for during this run, and nobody has since set another status."""
        return bool(run) and self.wish.run == run and now in (marks.PLAN_IT, self.find_last(run))


def load_kept(deps: Deps, tenant: str, page: str) -> Kept:
    return get_as(Kept, deps.store, (tenant, KIND, page)) or Kept()


def keep_written(deps: Deps, run: Run, saw: str, wrote: str, read_at: datetime) -> None:
    """Remember a status that was written. After the write: one that failed stands over nothing."""
    written = Written(run.id, saw, wrote, read_at.isoformat(), deps.clock.now().isoformat())

    def add(known: Kept | None) -> Kept:
        kept = known or Kept()
        return replace(kept, writes=(*kept.writes, written)[-_MAX:])

    change_as(Kept, deps.store, (run.tenant, KIND, run.trigger.page), add, deps.stand_back)


def keep_wish(deps: Deps, run: Run, now: str, who: Author, read_at: datetime) -> None:
    """Remember that Plan it was set on the page of a run that is at work or has ended; who set it first is named.

    `read_at` is when the page began to be read, which counts once.
    """
    if now != marks.PLAN_IT:
        return
    kept = load_kept(deps, run.tenant, run.trigger.page)
    if kept.wish.run == run.id or not kept.stands(run, now, "") or kept.opened_by(run.id, read_at):
        return
    wish, place = Wish(run.id, who), (run.tenant, KIND, run.trigger.page)
    change_as(Kept, deps.store, place, lambda known: replace(known or Kept(), wish=wish), deps.stand_back)


def heed_wish(deps: Deps, run: Run | None, now: str, who: Author, read_at: datetime) -> bool:
    """Say whether the page, whose latest run this is, wishes for a plan; remember it where it has to wait.

    Our own status may be on its way to stand over the one that was read.
    """
    if run is None:
        return now == marks.PLAN_IT
    keep_wish(deps, run, now, who, read_at)
    kept = load_kept(deps, run.tenant, run.trigger.page)
    anew = now == marks.PLAN_IT and not kept.opened_by(run.id, read_at)
    return anew or (run.status.final and kept.wishes(run.id, now))


def order_next_plan(deps: Deps, run: Run) -> None:
    """Have the page looked at again when a plan was wished for during the run that has ended.

    Call it before the end counts as shown, after which nobody would call it again. Twice is once.
    """
    wish = load_kept(deps, run.tenant, run.trigger.page).wish
    if wish.run == run.id:
        name, until = derive_id("wished-", run.id), deps.clock.now() + _SETTLED
        look = Command(
            name, CONSIDER, "plan", run.tenant, topic=write_author(wish.who), ref=run.trigger.page, not_before=until
        )
        deps.queue.enqueue([look])
