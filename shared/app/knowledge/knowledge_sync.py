"""Keep the tenant's index as its workspace is: read pages, cut, embed what is new, forget what is gone.

The first time, the crawl of the workspace (`app/workspace/workspace_crawl.py`) hands over every page it reads. After
that three sources mark pages (`app/knowledge/knowledge_marks.py`): deliveries, the search of every pass, and a slow
round in which every page of the map is asked for by its id about once a day; what is marked is read here, a few pages
per command. Nothing is forgotten because a list left it out: see `app/knowledge/knowledge_sync_reader.py`.

Everything may be stopped and done again anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.knowledge.empty_knowledge import no_knowledge
from shared.app.knowledge.knowledge_marks import (
    READ,
    STATE,
    count_marks,
    keep_state,
    keeps_knowledge,
    mark_stale,
    order_reading,
    stale_pages,
    state_of,
)
from shared.app.knowledge.knowledge_scope import is_connected, scope_of
from shared.app.knowledge.knowledge_sync_page import embed_missing, forget_page, list_subtree, take_page
from shared.app.knowledge.knowledge_sync_reader import Reader
from shared.app.workspace.crawl_orders import begin_crawl
from shared.app.workspace.workspace_map import PAGE, WorkspaceMap
from shared.core.documents.places import MAP, Place
from shared.core.documents.sync import LOST, STALE, KnowledgeState
from shared.core.errors import RateLimited, VersionConflict
from shared.core.knowledge.chunking import CUTTER
from shared.core.run.commands import RECONCILE, Command
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.ports import Put, read_as

__all__ = ["begin_sync", "forget_page", "progress", "take_page"]

AT_ONCE = 20  # pages per command
MAX_EMBEDDED = 256  # texts per command that have to be embedded although their pages need not be read
ROUND = timedelta(hours=24)  # in which every known page is asked for
GRACE = timedelta(days=30)  # after which what is known of a disconnected workspace is erased
_PASSES = 200  # of a day, at least: so many parts has a round


def has_knowledge(tools: Tools) -> bool:
    """Say whether there is an index at all where we run."""
    return tools.knowledge is not no_knowledge


def begin_sync(deps: Deps, tenant: str, how: str = "") -> None:
    """Have everything read again; what is as it was is neither embedded nor written.

    `how` names what the index is made with: other lists or another chunker make another one.
    """
    began = begin_crawl(deps, tenant)
    state = state_of(deps, tenant) or KnowledgeState()
    fresh: dict[str, Any] = dict.fromkeys(("known", "read", "embedded", "reused", "removed", "failed"), 0)
    keep_state(deps, tenant, **fresh, how=how or state.how, began=began, ended="", alert="")


def progress(deps: Deps, tenant: str) -> dict[str, Any]:
    """Return how far the tenant's sync is: counts since it began, its times, what waits, and an alert for people."""
    state = state_of(deps, tenant) or KnowledgeState()
    names = ("known", "read", "embedded", "reused", "removed", "failed", "began", "ended", "alert")
    marks = {"waiting": count_marks(deps, tenant, STALE), "lost": count_marks(deps, tenant, LOST)}
    return {name: getattr(state, name) for name in names} | marks


def begin_if_needed(deps: Deps, tools: Tools, tenant: str) -> bool:
    """Begin a sync where there was none, or the index would be made in another way by now; say whether it did."""
    if not has_knowledge(tools):
        return False
    scope = scope_of(tools.settings(tenant))
    if scope.off:
        _erase(deps, tools, tenant)
        return False
    how = derive_id("", str(CUTTER), scope.name)  # another embedder needs no page to be read: see `embed_missing`
    state = state_of(deps, tenant)
    if state is not None and state.how == how:
        return False
    begin_sync(deps, tenant, how)
    return True


def keep_up(deps: Deps, tools: Tools, tenant: str, notion: Notion) -> None:
    """Ask for some of the known pages by their ids, embed what has no vector, and order the reading of what is due."""
    state = state_of(deps, tenant)
    if not has_knowledge(tools) or state is None:
        return
    if state.alone:
        keep_state(deps, tenant, alone="")  # it is connected again
    reader = Reader.open_for(deps, tools, tenant, notion)
    with reader.keep_counts(), suppress(RateLimited):  # the round has a day
        _go_round(reader)
    if _embed(deps, tools, tenant) or next(stale_pages(deps, tenant), None) is not None:
        name = derive_id("know-", tenant, deps.clock.now().isoformat())
        deps.queue.enqueue([Command(name, RECONCILE, "sync", tenant, topic=READ)])


def _embed(deps: Deps, tools: Tools, tenant: str) -> bool:
    """Embed some of what has no vector yet; say whether there may be more."""
    embedded, more = embed_missing(tools, tenant, MAX_EMBEDDED)
    if embedded:
        keep_state(deps, tenant, add={"embedded": embedded})
    return more


def _go_round(reader: Reader) -> None:
    """Look at some places of the map, and ask for those pages that are in the index."""
    deps, tenant, knowledge = reader.deps, reader.tenant, reader.tools.knowledge(reader.tenant)
    state, now = state_of(deps, tenant) or KnowledgeState(), deps.clock.now()
    began, after = state.round, state.asked or ""
    if not after:
        if began and now - datetime.fromisoformat(began) < ROUND:
            return
        began = now.isoformat()
    limit = max(AT_ONCE, knowledge.count()["pages"] // _PASSES)
    docs, asked = deps.store.list_docs(tenant, MAP, after=after, limit=limit), after
    try:
        for doc in docs:
            reader.look_at(read_as(Place, doc))
            asked = doc.id
    finally:
        ended = len(docs) < limit and (not docs or asked == docs[-1].id)
        keep_state(deps, tenant, round=began, asked="" if ended else asked)


@contextmanager
def taking(deps: Deps, tools: Tools, tenant: str, notion: Notion) -> Iterator[Reader | None]:
    """Lend the reader that a crawl hands its pages to; None where nothing is known of this workspace."""
    if not has_knowledge(tools) or scope_of(tools.settings(tenant)).off:
        yield None
        return
    scope, ways = scope_of(tools.settings(tenant)), WorkspaceMap(deps, tenant)
    reader = Reader(deps, tools, tenant, notion, scope, WorkspaceMap(deps, tenant, notion), ways)
    with reader.keep_counts():
        yield reader


def noticing_map(deps: Deps, tools: Tools, tenant: str, notion: Notion) -> WorkspaceMap:
    """Return a map that has what is found to be new, edited or moved read."""
    known = has_knowledge(tools) and keeps_knowledge(deps, tenant)
    return Reader.open_for(deps, tools, tenant, notion).places if known else WorkspaceMap(deps, tenant, notion)


def crawl_came_far(deps: Deps, tenant: str, began: str, *, ended: bool) -> None:
    """Note how many pages there are to read, and whether the crawl that began then has read everything."""
    state = state_of(deps, tenant)
    if state is not None and state.began and state.began <= began:  # one that was cut off is taken up by a later one
        places = WorkspaceMap(deps, tenant).list_all().values()
        known = sum(place.kind == PAGE and not place.trashed for place in places)
        ending: dict[str, Any] = {"ended": deps.clock.now().isoformat()} if ended else {}
        keep_state(deps, tenant, known=known, **ending)


def read_stale(command: Command, deps: Deps, tools: Tools, notion: Notion) -> None:
    """Read some of the pages that are due, embed some of what has no vector, then order the next part."""
    if not has_knowledge(tools) or not keeps_knowledge(deps, command.tenant):
        return
    due = list(islice(stale_pages(deps, command.tenant), AT_ONCE + 1))
    reader = Reader.open_for(deps, tools, command.tenant, notion)
    with reader.keep_counts():
        for mark in due[:AT_ONCE]:
            reader.read(mark.id, f"stale {mark.due.isoformat()}")
            with suppress(VersionConflict):  # it was marked again meanwhile, or is gone
                deps.store.put(command.tenant, Put(STALE, mark.id, None, mark.version))
    if _embed(deps, tools, command.tenant) or len(due) > AT_ONCE:
        deps.queue.enqueue([Command(derive_id("know-", command.id), RECONCILE, "sync", command.tenant, topic=READ)])


def forget_trashed(command: Command, deps: Deps, tools: Tools) -> None:
    """Take out a page that is said to be in the trash, and all below it; asks Notion nothing, so nothing delays it.

    What was said may be out of date: the page is asked for afterwards, and comes back with all below it.
    """
    tenant, places = command.tenant, WorkspaceMap(deps, command.tenant)
    removed = 0
    for each in list_subtree(places, command.ref):
        removed += forget_page(deps, tools, tenant, each)
        place = places.find_known(each)
        if place is not None:
            places.change(place, trashed=True)
    mark_stale(deps, tenant, command.ref)
    deps.queue.enqueue([order_reading(deps, tenant, command.id)])
    if removed:
        keep_state(deps, tenant, add={"removed": removed})


def allow_forgetting(deps: Deps, tenant: str) -> None:
    """Let what Notion does not show any more be forgotten now, however much it is: a person has said so."""
    now = deps.clock.now()
    keep_state(deps, tenant, may_forget=now.isoformat(), alert="", gone=0)
    after = ""
    while docs := deps.store.list_docs(tenant, LOST, after=after):
        for doc in docs:
            mark_stale(deps, tenant, doc.id, now)
        after = docs[-1].id


def orders_erasing(deps: Deps, tenant: str) -> bool:
    """Say whether the workspace has been disconnected for so long that what is known of it is to be erased."""
    state = state_of(deps, tenant)
    if state is None or is_connected(deps, tenant):
        return False
    since, now = state.alone, deps.clock.now()
    if not since:
        keep_state(deps, tenant, alone=now.isoformat())
        return False
    return now - datetime.fromisoformat(since) >= GRACE


def erase_disconnected(command: Command, deps: Deps, tools: Tools) -> None:
    """Erase what is known of a workspace that is still disconnected."""
    if orders_erasing(deps, command.tenant):
        _erase(deps, tools, command.tenant)
        log.line("INFO", "knowledge of a disconnected workspace erased", tenant=command.tenant)


def _erase(deps: Deps, tools: Tools, tenant: str) -> None:
    # somebody may have read on meanwhile
    if not keeps_knowledge(deps, tenant) and not tools.knowledge(tenant).pages(limit=1):
        return
    tools.knowledge(tenant).erase()
    for kind in (STALE, LOST):
        while docs := deps.store.list_docs(tenant, kind):
            deps.store.put(tenant, *(Put(kind, doc.id, None) for doc in docs))
    deps.store.put(tenant, Put(*STATE, None))
