"""Put one page into the tenant's index, or take it out: only what differs is written, only new texts are embedded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.workspace.workspace_map import DATA_SOURCE, WorkspaceMap
from shared.core.documents.places import Place
from shared.core.documents.sync import LOST, STALE
from shared.core.errors import IntegrationError
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import CUTTER, cut
from shared.core.page import Page, page_from_data, page_to_data
from shared.core.pages.marks import drop_our_blocks
from shared.core.text.outgoing_text import visible_in
from shared.ports import Put
from shared.ports.knowledge import Embedder, KnownPage, Vector

EMBED_AT_ONCE = 64  # texts per call of the embedder


@dataclass(frozen=True, slots=True)
class Taken:
    """What putting pages in did: chunks whose text was embedded, whose vector was there already, and pages."""

    read: int = 0
    embedded: int = 0
    reused: int = 0
    removed: int = 0
    failed: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.read + other.read,
            self.embedded + other.embedded,
            self.reused + other.reused,
            self.removed + other.removed,
            self.failed + other.failed,
        )


def take_page(deps: Deps, tools: Tools, tenant: str, page: Page, *, root: str = "", above: Sequence[str] = ()) -> Taken:
    """Make the index hold this state of the page; it is given completely, or not at all.

    Left out is what we wrote ourselves, and letters that nobody sees. `root` is the place at the top of the workspace
    that it is below of, `above` the titles between. A page that is as it was costs no write. Without an embedder, or
    while it does not answer, words are searched, and the vectors follow (`embed_missing`).
    """
    knowledge, embedder = tools.knowledge(tenant), tools.embedder(tenant)
    page = page_from_data(visible_in(page_to_data(replace(page, blocks=drop_our_blocks(page.blocks)))))
    chunks = cut(page, path_above=above)
    known = KnownPage(page.id, page.title, page.url, root or page.id, page.edited_at, _hash(chunks), CUTTER)
    before = knowledge.page(page.id)
    if before == known:
        return Taken(read=1)
    if before is not None and before.edited_at > page.edited_at:
        return Taken()  # another worker has read it later than we did
    vectors = dict[str, Vector]()
    reused = 0
    if embedder is not None:
        texts = {chunk.key: chunk.text for chunk in chunks}
        known_vectors = knowledge.known_vectors(list(texts), embedder.id)
        reused = sum(chunk.key in known_vectors for chunk in chunks)
        vectors = _vectors(embedder, {key: text for key, text in texts.items() if key not in known_vectors}, tenant)
    knowledge.replace(known, chunks, vectors, embedder.id if embedder is not None else "")
    return Taken(read=1, embedded=len(vectors), reused=reused)


def embed_missing(tools: Tools, tenant: str, limit: int) -> tuple[int, bool]:
    """Embed up to `limit` chunks without a vector of the present embedder; return how many texts, and if there is more.

    Where the embedder does not answer there is nothing more to do now.
    """
    embedder, knowledge = tools.embedder(tenant), tools.knowledge(tenant)
    if embedder is None:
        return 0, False
    chunks = knowledge.list_without_vectors(embedder.id, limit=limit)
    texts = {chunk.key: chunk.text for chunk in chunks}
    vectors = _vectors(embedder, texts, tenant)
    if vectors:
        knowledge.add_vectors(vectors, embedder.id)
    return len(vectors), len(chunks) == limit and len(vectors) == len(texts)


def forget_page(deps: Deps, tools: Tools, tenant: str, page: str) -> int:
    """Take a page out of the index, and what was noted about it; return whether it was there, as a number."""
    knowledge = tools.knowledge(tenant)
    was_known = knowledge.page(page) is not None
    if was_known:
        knowledge.remove(page)
    for kind in (LOST, STALE):
        if deps.store.get(tenant, kind, page) is not None:
            deps.store.put(tenant, Put(kind, page, None))
    return int(was_known)


def list_subtree(places: WorkspaceMap, page: str) -> list[str]:
    """Return the ids of a place and of all that is known below it, in the trash or not."""
    below: dict[str, list[str]] = {}
    for place in places.list_all().values():
        below.setdefault(place.parent, []).append(place.id)
    found, waiting = {page: None}, [page]
    while waiting:
        for child in below.get(waiting.pop(), ()):
            if child not in found:
                found[child] = None
                waiting.append(child)
    return list(found)


def titles_on(way: Sequence[Place]) -> list[str]:
    """Return the titles on a way; a source that is called like its database is no place of its own to people."""
    pairs = zip([None, *way], way, strict=False)
    return [
        each.title
        for above, each in pairs
        if each.title and not (above is not None and each.kind == DATA_SOURCE and each.title == above.title)
    ]


def _hash(chunks: Iterable[Chunk]) -> str:
    """Return the hash of all that the index holds of the page, but for when it was edited."""
    content = json.dumps([[chunk.id, chunk.key, *chunk.path] for chunk in chunks])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _vectors(embedder: Embedder, texts: Mapping[str, str], tenant: str) -> dict[str, Vector]:
    """Return the vectors of these texts by key; of those that the embedder answers for."""
    found, keys = dict[str, Vector](), list(texts)
    for start in range(0, len(keys), EMBED_AT_ONCE):
        part = keys[start : start + EMBED_AT_ONCE]
        try:
            made = embedder.embed([texts[key] for key in part], "document")
        except IntegrationError as error:
            log.line("WARNING", "texts not embedded", tenant=tenant, **log.about(error))
            break
        found |= zip(part, made, strict=True)
    return found
