"""Every query of the code has its index, and nothing is indexed that no query asks for."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("terraform_indexes", ROOT / "terraform" / "indexes.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


indexes = _load()
RECORDED = indexes.ask_everything()
COMMITTED = json.loads(indexes.FILE.read_text(encoding="utf-8"))


def _missing(wanted: dict[str, list[Any]], there: dict[str, list[Any]]) -> list[Any]:
    return [each for part in ("composite", "fields") for each in wanted[part] if each not in there[part]]


def test_what_is_committed_is_what_the_code_needs() -> None:
    assert indexes.FILE.read_text(encoding="utf-8") == indexes.text(), "run: python terraform/indexes.py"


def test_each_query_of_the_adapters_was_asked() -> None:
    """A query that `ask_everything` does not come to would have no index, and nobody would know."""
    unasked = []
    for path in sorted((ROOT / "shared/backends/cloud").glob("*.py")):
        name = str(path.relative_to(ROOT))
        lines = {int(line.rpartition(":")[2]) for line in RECORDED.lines if line.startswith(f"{name}:")}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            asks = node.func.attr in ("stream", "count")
            if asks and not lines & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)):
                unasked.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    assert len(RECORDED.lines) >= 15
    assert [each for each in unasked if ".count(" not in each or "query.count" in each] == []


@pytest.mark.parametrize("part", ["composite", "fields"])
def test_an_index_that_is_taken_away_is_missed(part: str) -> None:
    wanted = indexes.list_indexes(RECORDED.queries)
    assert _missing(wanted, COMMITTED) == []
    for number, taken in enumerate(COMMITTED[part]):
        less = {**COMMITTED, part: COMMITTED[part][:number] + COMMITTED[part][number + 1 :]}
        assert _missing(wanted, less) == [taken]


def test_the_sweeps_queries_reach_across_tenants() -> None:
    """A condition on a collection group needs an index in that scope, which no field has by itself."""
    found = {(each["collection"], each["field"]): each["indexes"] for each in COMMITTED["fields"]}
    for key in (("runs", "next_check_at"), ("outbox", "committed_at")):
        assert found[key] == [{"order": "ASCENDING", "scope": "COLLECTION_GROUP"}]


def test_what_ends_by_itself_bears_the_time_of_its_end() -> None:
    ends = {each["collection"]: each["field"] for each in COMMITTED["fields"] if each["ttl"]}
    assert ends == {"leases": "until"}
    assert {name: field for name, field in ends.items() if field in RECORDED.fields[name]} == ends


def test_vectors_are_as_long_as_the_embedder_makes_them() -> None:
    vectors = [each["fields"][-1] for each in COMMITTED["composite"] if each["fields"][-1].get("dimension")]
    assert vectors
    assert {each["dimension"] for each in vectors} == {768}


Q = indexes.Query
CITIES = "cities"


# Examples of Firestore's own pages: "Index types" (supported queries), "Order and limit data", "Vector search".
@pytest.mark.parametrize(
    ("query", "composite", "single"),
    [
        (Q(CITIES, conditions=(("state", "=="),)), [], ["state"]),
        (Q(CITIES, conditions=(("state", "=="), ("name", "=="))), [], ["name", "state"]),
        (Q(CITIES, conditions=(("country", "in"), ("state", "=="))), [], ["country", "state"]),
        (Q(CITIES, conditions=(("population", "<"),)), [], ["population"]),
        (Q(CITIES, conditions=(("population", ">="), ("population", "<"))), [], ["population"]),
        (Q(CITIES, conditions=(("capital", "!="),)), [], ["capital"]),
        (Q(CITIES, orders=(("name", "DESCENDING"),)), [], ["name"]),
        (Q(CITIES, orders=(("__name__", "ASCENDING"),)), [], []),
        (Q(CITIES, orders=(("name", "DESCENDING"), ("__name__", "DESCENDING"))), [], ["name"]),
        (Q(CITIES, orders=(("name", "DESCENDING"), ("__name__", "ASCENDING"))), [["name", "__name__"]], []),
        (Q(CITIES, conditions=(("state", "=="), ("population", "<"))), [["state", "population"]], []),
        (
            Q(CITIES, conditions=(("country", "=="),), orders=(("population", "DESCENDING"),)),
            [["country", "population"]],
            [],
        ),
        (Q(CITIES, orders=(("state", "ASCENDING"), ("population", "DESCENDING"))), [["state", "population"]], []),
        (Q(CITIES, conditions=(("color", "=="),), vector="embedding"), [["color", "embedding"]], []),
        (Q(CITIES, vector="embedding"), [["embedding"]], []),
    ],
)
def test_what_a_query_needs_is_what_firestore_says(query: Any, composite: list[list[str]], single: list[str]) -> None:
    made = indexes.list_indexes([query])
    assert [[field["path"] for field in each["fields"]] for each in made["composite"]] == composite
    assert sorted(each["field"] for each in made["fields"] if each["collection"] == CITIES) == single
