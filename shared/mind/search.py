"""Search in what is known of a workspace: by words and by meaning, fused; passages with their sources.

Scores are fused, not ranks: half the cosine between the usual and the highest of the index, half the words' score
against the best of them. On workspaces people ask with the words of the page, and ranks would throw away how much
better one list is than the other (retrieval, 4). What is quoted or looks like a name is searched for to the letter, and
a chunk that says most of a longer question word for word is what somebody copied it from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.core.errors import IntegrationError
from shared.core.knowledge.chunk import Chunk
from shared.mind.packing import threes
from shared.ports.knowledge import Embedder, Knowledge, Nearest, Scored

_POOL = 200  # of each kind that are fused
_MEANING = 0.5  # the plateau is wide, 0.3 to 0.7: not to be tuned per tenant
_PINNED = 1.0  # above all others
_RARE = 8  # chunks that hold a name

_COPIED = 0.2  # added for a chunk that says most of the question word for word; natural questions are not touched
_MOSTLY, _WHOLLY = 0.5, 0.9  # of a question's runs of three words that are in the chunk
_RUNS = 4  # so many at least, or there is too little to tell a copy by
_LOOKED_AT = 30  # the best of both searches

_NEWER = 0.01  # at most, for a page edited now; halved with each half-life: decides between equals
_HALF_LIFE_DAYS = 90.0

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,200})[\"”“»]|`([^`]{2,200})`")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_NAME = re.compile(
    r"(?<![\w/])("
    r"[A-Z][A-Z0-9]+-\d+"  # a ticket's key
    r"|[A-Za-z]\w*(?:_\w+)+|[a-z]{2,}(?:[A-Z][a-z0-9]+)+"  # snake_case, camelCase
    r"|[\w-]+\.(?:py|js|ts|md|json|ya?ml|toml|html|css|sh|csv|pdf|docx?|xlsx?)"  # a file
    r"|[A-Za-z]\w*(?:\.\w+)*\(\)|[A-Za-z]\w*::\w+"  # a call, a member
    r"|v?\d+\.\d+\.\d+(?:[-.]\w+)*"  # a version
    r")(?![\w/])"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `score` is between 0 and 1, of an exact one more; `by`: exact, words, meaning or both."""

    chunk: Chunk
    score: float
    by: str


def search(
    knowledge: Knowledge,
    embedder: Embedder | None,
    query: str,
    *,
    limit: int = 8,
    now: datetime | None = None,
) -> list[Hit]:
    """Return the best chunks for a query, best first; by words alone where no embedder answers.

    With `now`, of two that are as good the one of the page edited later comes first.
    """
    found = rank_chunks(knowledge, embedder, query)
    best = sorted(found, key=lambda chunk: (-found[chunk][0], chunk))[: limit * 2 if now else limit]
    hits = []
    for chunk in knowledge.get(best):
        score, how = found[chunk.id]
        hits.append(Hit(chunk, score + (_newer(chunk.edited_at, now) if now else 0.0), how))
    return sorted(hits, key=lambda hit: -hit.score)[:limit]


def rank_chunks(
    knowledge: Knowledge, embedder: Embedder | None, query: str, *, pool: int = _POOL
) -> dict[str, tuple[float, str]]:
    """Return every chunk that either search found, with its score and how it was found; `pool` of each are taken."""
    words = knowledge.words(query, limit=pool)
    near = _find_nearest(knowledge, embedder, query, words, pool)
    fused = fuse(words, near)
    by_words, by_meaning = {each.chunk for each in words}, {each.chunk for each in near.found}
    found = {}
    for chunk, score in fused.items():
        how = "both" if chunk in by_words and chunk in by_meaning else "words" if chunk in by_words else "meaning"
        found[chunk] = (score, how)
    for chunk, share in _share_copied(knowledge, query, fused).items():
        score, how = found[chunk]
        found[chunk] = (score + (_PINNED if share >= _WHOLLY else _COPIED * share), how)
    for text in exact_parts(query):
        held = knowledge.exact(text, limit=_RARE + 1)
        if len(held) <= _RARE or f'"{text}"' in query:  # a name that is everywhere tells nothing
            found.update({each.chunk: (fused.get(each.chunk, 0.0) + _PINNED, "exact") for each in held})
    return found


def _share_copied(knowledge: Knowledge, query: str, fused: Mapping[str, float]) -> dict[str, float]:
    """Return which share of the question's runs of three words the best chunks hold, of those that hold most."""
    wanted = threes(query)
    if len(wanted) < _RUNS:
        return {}
    best = sorted(fused, key=lambda chunk: (-fused[chunk], chunk))[:_LOOKED_AT]
    shares = {chunk.id: len(wanted & threes(chunk.text)) / len(wanted) for chunk in knowledge.get(best)}
    return {chunk: share for chunk, share in shares.items() if share >= _MOSTLY}


def fuse(words: Sequence[Scored], near: Nearest) -> dict[str, float]:
    """Return the score of every chunk in either list, between 0 and 1; of one list alone where the other is empty."""
    best = max((each.score for each in words), default=0.0)
    by_words = {each.chunk: each.score / best for each in words} if best > 0 else {}
    by_meaning = _stretch_scores(near)
    if not by_meaning:
        return dict(by_words)
    if not by_words:
        return dict(by_meaning)
    return {
        chunk: _MEANING * by_meaning.get(chunk, 0.0) + (1 - _MEANING) * by_words.get(chunk, 0.0)
        for chunk in by_words.keys() | by_meaning.keys()
    }


def exact_parts(query: str) -> list[str]:
    """Return what of a query is meant to the letter: quotes, addresses, tickets, names of code, files, versions."""
    quoted = [double or other for double, other in _QUOTED.findall(query)]
    addresses = _ADDRESS.findall(query)
    rest = _ADDRESS.sub(" ", _QUOTED.sub(" ", query))
    return list(dict.fromkeys([*quoted, *addresses, *_NAME.findall(rest)]))[:5]


def _find_nearest(
    knowledge: Knowledge,
    embedder: Embedder | None,
    query: str,
    words: Sequence[Scored],
    pool: int,
) -> Nearest:
    if embedder is None or not query.strip() or not (words or knowledge.pages(limit=1)):
        return Nearest()  # a model that is loaded, or asked, for an index with nothing in it is time lost
    try:
        vector = embedder.embed([query], "query")[0]
    except IntegrationError:
        return Nearest()
    also = [each.chunk for each in words]
    return knowledge.find_near(vector, embedder.id, limit=pool, also=also)


def _stretch_scores(near: Nearest) -> Mapping[str, float]:
    high = max((each.score for each in near.found), default=0.0)
    span = high - near.low
    if span <= 0:
        return {each.chunk: 1.0 for each in near.found}
    return {each.chunk: max(0.0, (each.score - near.low) / span) for each in near.found}


def _newer(edited_at: str, now: datetime) -> float:
    try:
        edited = datetime.fromisoformat(edited_at)
    except ValueError:
        return 0.0
    days = (now - (edited if edited.tzinfo else edited.replace(tzinfo=UTC))).total_seconds() / 86_400
    return float(_NEWER * 0.5 ** (max(days, 0.0) / _HALF_LIFE_DAYS))
