"""`bench retrieval` measures by the standard definitions, beside BM25 as others have it, and says what it found."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.bench.retrieval import Document, bench_retrieval, page_of, read_collection
from shared.bench.retrieval_measures import PlainBM25, ndcg, quality, recall, reciprocal_rank
from shared.core.errors import ConfigError
from tests.support.later import import_later

bm25s = import_later("bm25s")
ROOT = Path(__file__).resolve().parents[3]
FIGURES = {"ndcg_at_10", "recall_at_10", "recall_at_50", "mrr", "index_s", "query_p50_ms", "query_p99_ms"}


def test_gain_is_the_encyclopaedias_example() -> None:
    # "Discounted cumulative gain", Wikipedia: six documents of relevance 3, 2, 3, 0, 1, 2; two more of 3 and 2 exist
    judged = {"d1": 3, "d2": 2, "d3": 3, "d4": 0, "d5": 1, "d6": 2, "d7": 3, "d8": 2}
    assert ndcg(["d1", "d2", "d3", "d4", "d5", "d6"], judged, 6) == pytest.approx(0.785, abs=0.0005)


def test_the_mean_reciprocal_rank_is_the_encyclopaedias_example() -> None:
    # "Mean reciprocal rank", Wikipedia: the right answers stand third, second and first
    ranks = [reciprocal_rank(["x", "y", "z"], {right: 1.0}) for right in ("z", "y", "x")]
    assert sum(ranks) / 3 == pytest.approx(11 / 18)


def test_what_is_missing_counts_as_nothing() -> None:
    judged = {"q1": {"a": 1.0, "b": 1.0}, "q2": {"c": 1.0}, "q3": {"d": 0.0}}
    found = quality({"q1": ["x", "a"]}, judged)  # q2 is not answered; q3 has nothing to be found
    assert found.recall_at_10 == pytest.approx(0.25)
    assert found.mrr == pytest.approx(0.25)
    assert recall(["a"] * 3, {"a": 1, "b": 2}, 10) == 0.5


def test_plain_bm25_is_what_a_library_of_others_computes() -> None:
    dice = random.Random(7)
    texts = [" ".join(f"w{int(dice.expovariate(0.01))}" for _ in range(dice.randint(20, 60))) for _ in range(300)]
    judge = bm25s.BM25(method="robertson", k1=1.5, b=0.75)
    judge.index(bm25s.tokenize(texts, stopwords=None, show_progress=False), show_progress=False)
    ours = PlainBM25(texts)
    for at in range(30):
        query = " ".join(dict.fromkeys(texts[at].split()[:5]))
        places, scores = judge.retrieve(
            bm25s.tokenize([query], stopwords=None, show_progress=False), k=5, show_progress=False
        )
        found = ours.rank(query, 5)
        assert found[0] == places[0][0]
        gaps = [one - two for one, two in zip(scores[0], scores[0][1:], strict=False)]
        for place, (expected, gap) in enumerate(zip(places[0], [*gaps, 0.0], strict=True)):
            if gap < 1e-4:  # of equals either may come first
                break
            assert found[place] == expected


def written(folder: Path, **rows: list[dict[str, Any]]) -> tuple[Path, Path, Path]:
    paths = []
    for name in ("docs", "queries", "qrels"):
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows[name]), encoding="utf-8")
        paths.append(path)
    return paths[0], paths[1], paths[2]


def a_collection(folder: Path) -> tuple[Path, Path, Path]:
    docs = [{"id": f"d{at}", "title": f"Title {at}", "text": f"text about subject{at} and things"} for at in range(30)]
    docs[3]["text"] = (
        "# Heading\n\n" + " ".join(f"filler{at}" for at in range(900)) + "\n\nthe hidden treasure lies here"
    )
    queries = [{"id": f"q{at}", "text": f"what about subject{at}?"} for at in (1, 2)]
    queries.append({"id": "q3", "text": "where lies the treasure"})
    queries.append({"id": 4, "text": "asked but not judged"})
    qrels = [{"query_id": f"q{at}", "doc_id": f"d{at}", "relevance": 1} for at in (1, 2, 3)]
    return written(folder, docs=docs, queries=queries, qrels=qrels)


def test_the_command_says_everything_as_json(tmp_path: Path) -> None:
    docs, queries, qrels = a_collection(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "shared", "bench", "retrieval", "--docs", docs, "--queries", queries, "--qrels", qrels,
         "--vectors", tmp_path, "--json"],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(scratch)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert (said["bench"], said["documents"], said["queries"]) == ("retrieval", 30, 3)
    assert said["chunks"] > 30
    for side in ("plain", "words"):
        assert set(said[side]) >= FIGURES
        assert said[side]["ndcg_at_10"] == said[side]["mrr"] == said[side]["recall_at_10"] == 1.0
        assert 0 < said[side]["query_p50_ms"] <= said[side]["query_p99_ms"]
    assert said["words"]["ratio"] == 1.0
    assert said["vectors"] is None
    assert "make vectors" in said["vectors_missing"]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("docs", '{"id": "d1"}', "`text` must be a string"),
        ("docs", "[1]", "line 1: not a JSON object"),
        ("queries", '{"id": null, "text": "x"}', "`id` must be a string"),
        ("qrels", '{"query_id": "q1", "doc_id": "d1", "relevance": "very"}', "`relevance` must be a number"),
        ("qrels", "", "nothing to measure"),
        ("docs", '{"id": "d1", "text": "x"}\n{"id": "d1", "text": "y"}', "same `id`"),
    ],
)
def test_a_bad_file_is_told_with_its_line_and_field(tmp_path: Path, name: str, line: str, said: str) -> None:
    paths = a_collection(tmp_path)
    (tmp_path / f"{name}.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_collection(*paths)


def test_unanswered_queries_and_odd_texts_do_not_stop_it(tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        docs=[{"id": "a/b c", "title": None, "text": ""}, {"id": "d2", "text": "```\nopen fence\n\nwith code"}],
        queries=[{"id": "q", "text": '"'}, {"id": "r", "text": "fence"}],
        qrels=[
            {"query_id": "q", "doc_id": "a/b c"},
            {"query_id": "r", "doc_id": "d2"},
            {"query_id": "gone", "doc_id": "x"},
        ],
    )
    said = bench_retrieval(read_collection(*paths), tmp_path, tmp_path)
    assert said["words"]["mrr"] == 0.5


def test_documents_become_pages_with_headings_and_code() -> None:
    text = "Intro\nline two\n\n# One\ntext\n```py\n# no heading\n\ncode\n```\n## Two ##\n\nend"
    found = [(block.type, block.text) for block in page_of(Document("d", "T", text)).blocks]
    assert found == [
        ("paragraph", "Intro\nline two"), ("heading_1", "One"), ("paragraph", "text"), ("code", "# no heading\n\ncode"),
        ("heading_2", "Two ##"), ("paragraph", "end"),
    ]  # fmt: skip
