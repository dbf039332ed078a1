"""Which pages have to be read again for the knowledge, and which nobody shows us any more. Kept small: doors load it.

One document per page that has to be read (`stale`, with the time from when on), and one per page that Notion did not
show when it was asked (`lost`): such a page is served to nobody, and forgotten when it is still gone a while later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body
from shared.core.documents.sync import KNOWLEDGE, LOST, STALE, KnowledgeState, Lost, Stale
from shared.core.run.commands import RECONCILE, Command
from shared.core.run.run import derive_id
from shared.ports import Put, all_as, change_as, get_as

STATE = KNOWLEDGE  # not there for a tenant without knowledge
READ, GONE, ERASE = "knowledge", "gone", "erase"  # topics of RECONCILE
BLUR = timedelta(seconds=65)  # times of edits are given to the minute: what was read within it may have changed since
WEEK = timedelta(weeks=1)  # what is refused is asked for once in so long: nobody tells us that it is shared again


def keeps_knowledge(deps: Deps, tenant: str) -> bool:
    """Say whether the tenant's pages are being read into an index."""
    return deps.store.get(tenant, *STATE) is not None


def mark_stale(deps: Deps, tenant: str, page: str, due: datetime | None = None) -> None:
    """Have a page read again, from `due` on; by default as soon as what is written in this minute is written."""
    due = due or deps.clock.now() + BLUR
    deps.store.put(tenant, Put(STALE, page, to_body(Stale(due))))


def mark_edited(deps: Deps, tenant: str, page: str, version: str) -> None:
    """Have a page read again that was edited at that time, once no later edit can bear the same time."""
    now = deps.clock.now()
    edited = min(datetime.fromisoformat(version), now) if version else now  # clocks differ
    mark_stale(deps, tenant, page, max(edited + BLUR, now))


def order_reading(deps: Deps, tenant: str, why: str) -> Command:
    """Return the command that reads what is stale, after the blur; `why` names it."""
    name = derive_id("know-", tenant, why)
    return Command(name, RECONCILE, "sync", tenant, topic=READ, not_before=deps.clock.now() + BLUR)


def read_what_happened(deps: Deps, tenant: str, page: str, why: str) -> None:
    """Have a page read again to which something happened, if the tenant's pages are read at all."""
    if keeps_knowledge(deps, tenant):
        mark_stale(deps, tenant, page)
        deps.queue.enqueue([order_reading(deps, tenant, why)])


def order_forgetting(tenant: str, page: str, why: str) -> Command:
    """Return the command that forgets a page that went to the trash, and all below it, at once."""
    return Command(derive_id("gone-", tenant, page, why), RECONCILE, "sync", tenant, topic=GONE, ref=page)


def stale_pages(deps: Deps, tenant: str) -> Iterator[Stale]:
    """Yield the marks that are due, by ascending page."""
    now = deps.clock.now()
    yield from (mark for mark in all_as(Stale, deps.store, tenant, STALE) if mark.due <= now)


def is_lost(deps: Deps, tenant: str, page: str) -> bool:
    """Say whether Notion did not show the page when it was asked last."""
    return deps.store.get(tenant, LOST, page) is not None


def count_marks(deps: Deps, tenant: str, kind: str) -> int:
    """Return how many pages are marked as STALE, or as LOST."""
    found, after = 0, ""
    while docs := deps.store.list_docs(tenant, kind, after=after):
        found, after = found + len(docs), docs[-1].id
    return found


def count_lost(deps: Deps, tenant: str) -> int:
    """Return how many pages of the index Notion did not show when they were asked for last."""
    return sum(mark.was_known for mark in all_as(Lost, deps.store, tenant, LOST))


def state_of(deps: Deps, tenant: str) -> KnowledgeState | None:
    """Return what is kept of the tenant's sync; None when there was none."""
    return get_as(KnowledgeState, deps.store, (tenant, *STATE))


def find_last_act(deps: Deps, tenant: str) -> str:
    """Return when a person last did what may have given access back: connected Notion, or had all of it read again."""
    state = state_of(deps, tenant)
    return state.acted if state is not None else ""


def note_act(deps: Deps, tenant: str) -> None:
    """Have every place that Notion refused asked for again: a person has done what may have given access back."""
    if keeps_knowledge(deps, tenant):
        keep_state(deps, tenant, acted=deps.clock.now().isoformat())


def keep_state(deps: Deps, tenant: str, *, add: Mapping[str, int] | None = None, **fields: Any) -> None:
    """Change fields of it, and add to counts; several may do so at once."""

    def keep(known: KnowledgeState | None) -> KnowledgeState:
        state = known or KnowledgeState()
        counts: dict[str, Any] = {name: (getattr(state, name) or 0) + number for name, number in (add or {}).items()}
        return replace(state, **fields, **counts)

    change_as(KnowledgeState, deps.store, (tenant, *STATE), keep, deps.stand_back)
