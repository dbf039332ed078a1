"""What the workspace says about something: found in the tenant's index, and only what may be shown now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_related import filter_related
from shared.app.knowledge.knowledge_scope import Served, address_of, is_connected, scope_of
from shared.core.text.outgoing_text import plain
from shared.mind.context import Part
from shared.mind.search import Hit, search

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

PASSAGES = 8
_NARROW = 40  # found, where much of it may not be shown
_SHARE = 0.4  # of a prompt that is about something else
_QUERY = 1000  # characters; the words of a whole page would find everything


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer rests on: the titles above it, and where people find it."""

    id: str
    title: str
    url: str
    page: str
    excerpt: str = ""
    edited_at: str = ""


def hits_for(deps: Deps, tools: Tools, tenant: str, query: str, limit: int = PASSAGES, *, below: str = "") -> list[Hit]:
    """Return the best chunks of pages that may be shown now, best first; of one project where `below` is its id."""
    scope = scope_of(tools.settings(tenant))
    if scope.off or not is_connected(deps, tenant):
        return []
    served = Served(deps, tenant, scope)
    wanted = max(limit * 2, _NARROW if scope.roots or scope.without or below else 0)
    found = search(tools.knowledge(tenant), tools.embedder(tenant), query, limit=wanted, now=deps.clock.now())
    ways = ((hit, served.way(hit.chunk.page)) for hit in found)
    return [hit for hit, way in ways if way and (not below or any(place.id == below for place in way))][:limit]


def may_show_all(deps: Deps, tools: Tools, tenant: str, hits: Sequence[Hit]) -> bool:
    """Say whether all of these may still be shown."""
    served = Served(deps, tenant, scope_of(tools.settings(tenant)))
    return all(served.way(hit.chunk.page) for hit in hits)


def knowledge_parts(
    deps: Deps,
    tools: Tools,
    tenant: str,
    query: str,
    limit: int = PASSAGES,
    without: Sequence[str] = (),
    *,
    related: bool = False,
) -> list[Part]:
    """Return what the workspace says about a query, as parts of a prompt: untrusted, named by their addresses.

    `without` are ids of pages that the prompt holds anyway. With `related` the query is a whole page, for which
    something is found always: what has nothing to do with it is left out.
    """
    found = hits_for(deps, tools, tenant, query[:_QUERY], limit + (limit if without else 0))
    hits = [hit for hit in found if hit.chunk.page not in without]
    hits = (filter_related(query[:_QUERY], hits) if related else hits)[:limit]
    sources = [source_of(deps, hit) for hit in hits]
    return [
        Part("knowledge", source.url, f"{source.title}\n{hit.chunk.text}", share=_SHARE)
        for source, hit in zip(sources, hits, strict=True)
    ]


def source_of(deps: Deps, hit: Hit, id: str = "") -> Source:
    """Return where a hit is, for people."""
    chunk = hit.chunk
    block = chunk.block if chunk.block != chunk.page else ""
    title = plain(trail(chunk.path))
    excerpt = plain(chunk.text[:300])
    return Source(id or chunk.id, title, address_of(deps, chunk.page, block), chunk.page, excerpt, chunk.edited_at)


def trail(titles: Sequence[str]) -> str:
    """Return titles as a way that people read: what is called like the place it is in is named once.

    A database and its only source have one title, and so often a page and its first heading.
    """
    named = [title for title in titles if title]
    return " › ".join(title for at, title in enumerate(named) if at == 0 or title != named[at - 1])
