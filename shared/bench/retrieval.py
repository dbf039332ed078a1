"""`bench retrieval`: how well and how fast this product's search finds documents, beside plain BM25.

Documents become pages and chunks as a workspace's do; a document stands where its best chunk does. Words alone and
words with vectors are measured on the same index. A query's time is that of a search for ten passages, on one thread,
after one question that is not counted.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shared.backends.local.search.embedder import default_vectors_folder, explain_missing_vectors, local_embedder
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.bench.retrieval_measures import Judged, PlainBM25, quality
from shared.core.errors import ConfigError
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import cut
from shared.core.page import Block, Page, Span
from shared.mind.search import rank_chunks, search
from shared.ports.knowledge import Embedder, Knowledge, KnownPage

Json = dict[str, Any]

DEPTH = 50  # documents of a ranking that are looked at
_POOL = 600  # chunks that are ranked for them
_TENANT = "bench"
_AT_ONCE = 64  # chunks embedded together
_COMPARED = "plain BM25 over whole documents: title and text, lower-cased words, k1 1.5, b 0.75, no stemming"

_HEADING = re.compile(r"(#{1,4})\s+(\S.*)")
_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the collection."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched, what is asked, and what should be found."""

    documents: list[Document]
    queries: dict[str, str]
    judged: dict[str, Judged]


def read_collection(documents: Path, queries: Path, judgements: Path) -> Collection:
    """Read the three JSONL files; raises ConfigError that names file, line and field."""
    found = [
        Document(_text(row, "id", at), str(row.get("title") or ""), _text(row, "text", at))
        for at, row in _rows(documents)
    ]
    if len({document.id for document in found}) != len(found):
        raise ConfigError(f"{documents}: two documents have the same `id`")
    asked = {_text(row, "id", at): _text(row, "text", at) for at, row in _rows(queries)}
    judged: dict[str, dict[str, float]] = {}
    for at, row in _rows(judgements):
        try:
            relevance = float(row.get("relevance", 1))
        except (TypeError, ValueError):
            raise ConfigError(f"{at}: `relevance` must be a number") from None
        judged.setdefault(_text(row, "query_id", at), {})[_text(row, "doc_id", at)] = relevance
    kept = {query: judgements for query, judgements in judged.items() if query in asked}
    if not found or not kept:
        raise ConfigError(f"nothing to measure: {len(found)} documents, {len(kept)} queries that are asked and judged")
    return Collection(found, asked, dict(kept))


def bench_retrieval(collection: Collection, vectors: Path | None = None, folder: Path | None = None) -> Json:
    """Measure plain BM25, words alone, and words with vectors where the model is there; return JSON-able figures."""
    vectors = vectors or default_vectors_folder()
    missing = explain_missing_vectors(vectors)
    found: Json = {
        "bench": "retrieval",
        "compared_with": _COMPARED,
        "documents": len(collection.documents),
        "queries": len(collection.judged),
        "plain": _plain(collection),
    }
    scratch = Path(tempfile.mkdtemp(prefix="bench-retrieval-", dir=folder))
    try:
        knowledge = LocalKnowledge(scratch).open_for(_TENANT)
        started = time.perf_counter()
        chunks = _index_documents(knowledge, collection.documents)
        found["chunks"] = len(chunks)
        found["words"] = _ours(collection, knowledge, None, chunks, time.perf_counter() - started)
        embedder = None if missing else local_embedder(vectors)
        found["vectors"] = None
        found["vectors_missing"] = missing
        if embedder is not None:
            seconds = found["words"]["index_s"] + _embed_chunks(knowledge, embedder)
            found["vectors"] = _ours(collection, knowledge, embedder, chunks, seconds)
            found["vectors"] |= {"model": embedder.id, "limit": _limit(len(chunks), embedder.dimensions)}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for side in (found["words"], found["vectors"]):
        if side:
            plain = found["plain"]["ndcg_at_10"]
            side["ratio"] = round(side["ndcg_at_10"] / plain, 4) if plain else None
    return found


def as_text(found: Json) -> str:
    """Return the figures as lines for people."""
    names = ("ndcg_at_10", "recall_at_10", "recall_at_50", "mrr", "index_s", "query_p50_ms", "query_p99_ms")
    lines = [f"{found['documents']} documents, {found['chunks']} chunks, {found['queries']} queries"]
    lines.append(f"{'':9}" + "".join(f"{name:>14}" for name in (*names, "ratio")))
    sides = [side for side in ("plain", "words", "vectors") if found[side]]
    columns = (*names, "ratio")
    lines += [f"{side:9}" + "".join(f"{found[side].get(name, ''):>14}" for name in columns) for side in sides]
    if found["vectors_missing"]:
        lines.append(f"vectors: {found['vectors_missing']}")
    return "\n".join([*lines, f"Beside: {found['compared_with']}."])


def page_of(document: Document) -> Page:
    """Return a document as a page: headings and code where its text marks them as Markdown does, else paragraphs."""
    return Page(document.id, document.title, tuple(_blocks(document.text)))


def _blocks(text: str) -> Iterator[Block]:
    for number, (kind, part) in enumerate(_parts(text)):
        yield Block(f"b{number}", kind, (Span(part),))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    held: list[str] = []
    code = False
    for line in [*text.split("\n"), ""]:
        fence = line.lstrip().startswith(_FENCE)
        heading = None if code else _HEADING.fullmatch(line.strip())
        if code and not fence:
            held.append(line)
            continue
        if (fence or heading or not line.strip()) and held:
            yield ("code" if code else "paragraph"), "\n".join(held)
            held = []
        if fence:
            code = not code
        elif heading:
            yield f"heading_{len(heading[1])}", heading[2]
        elif line.strip():
            held.append(line)
    if held:  # a fence that nobody closed
        yield "code", "\n".join(held)


def _plain(collection: Collection) -> Json:
    started = time.perf_counter()
    plain = PlainBM25([f"{document.title} {document.text}" for document in collection.documents])
    index_s = time.perf_counter() - started
    ids = [document.id for document in collection.documents]

    def ask(query: str) -> list[str]:
        return [ids[place] for place in plain.rank(query, DEPTH)]

    return _measure_collection(collection, ask, ask, index_s)


def _index_documents(knowledge: Knowledge, documents: Sequence[Document]) -> dict[str, str]:
    """Index the documents; return the document of each chunk."""
    of: dict[str, str] = {}
    for document in documents:
        chunks: list[Chunk] = cut(page_of(document))
        knowledge.replace(KnownPage(document.id, document.title), chunks)
        of.update((chunk.id, document.id) for chunk in chunks)
    return of


def _embed_chunks(knowledge: Knowledge, embedder: Embedder) -> float:
    started = time.perf_counter()
    while chunks := knowledge.list_without_vectors(embedder.id, limit=_AT_ONCE):
        texts = {chunk.key: chunk.text for chunk in chunks}
        vectors = embedder.embed(list(texts.values()), "document")
        knowledge.add_vectors(dict(zip(texts, vectors, strict=True)), embedder.id)
    return time.perf_counter() - started


def _ours(
    collection: Collection, knowledge: Knowledge, embedder: Embedder | None, of: Mapping[str, str], index_s: float
) -> Json:
    def documents(query: str) -> list[str]:
        found = rank_chunks(knowledge, embedder, query, pool=_POOL)
        best = sorted(found, key=lambda chunk: (-found[chunk][0], chunk))
        return list(dict.fromkeys(of[chunk] for chunk in best))[:DEPTH]

    return _measure_collection(
        collection, documents, lambda query: search(knowledge, embedder, query, limit=10), index_s
    )


def _measure_collection(
    collection: Collection, rank: Callable[[str], list[str]], timed: Callable[[str], object], index_s: float
) -> Json:
    rankings, seconds = {}, []
    timed(next(iter(collection.queries.values())))
    for query in collection.judged:
        started = time.perf_counter()
        timed(collection.queries[query])
        seconds.append(time.perf_counter() - started)
        rankings[query] = rank(collection.queries[query])
    seconds.sort()
    figures = {name: round(value, 4) for name, value in asdict(quality(rankings, collection.judged)).items()}
    return figures | {
        "index_s": round(index_s, 2),
        "query_p50_ms": round(statistics.median(seconds) * 1000, 2),
        "query_p99_ms": round(seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))] * 1000, 2),
    }


def _limit(chunks: int, dimensions: int) -> Json:
    """Return what the machine's memory allows the vector part at best: every vector is read once per query."""
    import numpy as np

    numbers = np.ones(16_000_000, dtype=np.float32)  # 64 MB: no cache holds it
    best = min(_seconds(numbers.sum) for _ in range(5))
    speed = numbers.nbytes / best
    needed = chunks * dimensions * 4
    return {
        "memory_gb_per_s": round(speed / 1e9, 1),
        "bytes_per_query": needed,
        "vector_floor_ms": round(needed / speed * 1000, 3),
    }


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _rows(path: Path) -> Iterator[tuple[str, Json]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise ConfigError(f"{path}, line {number}: not a JSON object")
        yield f"{path}, line {number}", row


def _text(row: Json, field: str, at: str) -> str:
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ConfigError(f"{at}: `{field}` must be a string")
    return value
