"""Writes indexes.json: what Firestore has to index so that the queries of the code are answered, and nothing else.

    python terraform/indexes.py            # writes terraform/indexes.json
    python terraform/indexes.py --check    # says whether it is as the code needs it

The store and the knowledge of the cloud are asked everything they can be asked, with a client that notes each query and
answers that there is nothing. What index a query needs follows from Firestore's documentation ("Index types in Cloud
Firestore", "Search with vector embeddings"): a condition or an order on one field takes an index of that field in the
scope of the query; equalities on several fields are answered by merging those; an equality beside an order or a range
on another field, or two such, takes a composite one; a search by vector takes one that ends with the vector.

Every field has an index of its own unless it is told otherwise, and an indexed string costs a write per index. So each
collection is told "*": none, and gets back what is asked for.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "terraform" / "indexes.json"
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from shared.backends.cloud import paths  # noqa: E402
from shared.backends.cloud.knowledge.index import CloudKnowledge  # noqa: E402
from shared.backends.cloud.knowledge.mirror import _STATE as MIRROR  # noqa: E402
from shared.backends.cloud.store import FirestoreStore  # noqa: E402
from shared.backends.models.vertex_embedder import DIMENSIONS  # noqa: E402
from shared.core.knowledge.chunk import Chunk  # noqa: E402
from shared.core.run.run import RunStatus  # noqa: E402
from shared.ports import RunFilter  # noqa: E402
from shared.ports.knowledge import KnownPage  # noqa: E402
from terraform.query_recorder import NOW, Query, Recorder  # noqa: E402

# Documents that end by themselves: collection → the time after which Firestore may delete one, and does within a day.
# Only where nobody looks at it afterwards: a lease that is over counts as none (leases.py).
TTL = {paths.LEASES: "until"}
_EQUAL = ("==", "in", "array_contains", "array_contains_any")
_BY_NAME = "__name__"


def ask_everything() -> Recorder:
    """Ask the store and the knowledge of the cloud everything they can be asked; return what reached the database."""
    recorder = Recorder()
    store = FirestoreStore(recorder, SimpleNamespace(now=lambda: NOW), pause=lambda _: None)
    store.list_runs("t", after="")
    opened = RunFilter(since=NOW, before=NOW)
    for only in (opened, replace(opened, statuses=(RunStatus.FAILED,))):
        store.list_runs("t", only=only)
    store.events("t", "r")
    store.unsent("t", "r")
    store.list_docs("t", "pages")
    store.audit("t")
    store.due_runs(NOW)
    store.find_unsent(NOW)
    store.claim("t", "key", "owner", timedelta(minutes=1))
    known = CloudKnowledge(recorder, pause=lambda _: None).open_for("t")
    page = KnownPage("p", "title", root="r")
    chunk = Chunk("c", "p", "text", (), 0, "b", "key")
    vector = [0.0] * DIMENSIONS
    known.pages()
    known.replace(page, [chunk], {chunk.key: vector}, "model")
    known.replace(page, [chunk])
    known.remove("p")
    known.erase()
    known.known_vectors(["key"], "model")
    known.list_without_vectors("model")
    known.add_vectors({"key": vector}, "model")
    known.find_near(vector, "model", limit=1)
    known.get(["c"])
    known.count()
    mirror = known._mirror
    mirror._read_changes()
    mirror._since = NOW
    mirror._read_changes()
    mirror._bury_tombstones(NOW)
    return recorder


def list_indexes(queries: Iterable[Query]) -> dict[str, list[dict[str, Any]]]:
    """Return the indexes these queries need, as modules/firestore takes them."""
    single: dict[tuple[str, str], set[tuple[str, str]]] = {}
    composite: dict[str, dict[str, Any]] = {}
    for query in queries:
        scope = "COLLECTION_GROUP" if query.group else "COLLECTION"
        equal, ordered = _fields_of(query)
        if query.vector or (ordered and (equal or len(ordered) > 1)):
            made = _composite(query, scope, equal, ordered)
            composite[json.dumps(made)] = made
        if not query.vector and not (ordered and (equal or len(ordered) > 1)):
            for path, direction in [*((path, "ASCENDING") for path in equal), *ordered]:
                single.setdefault((query.collection, path), set()).add((direction, scope))
    fields = [
        {"collection": collection, "field": path, "ttl": False, "indexes": _list_orders(found)}
        for (collection, path), found in single.items()
    ]
    fields += [{"collection": name, "field": "*", "ttl": False, "indexes": []} for name in collections()]
    fields += [{"collection": name, "field": path, "ttl": True, "indexes": []} for name, path in TTL.items()]
    return {
        "composite": [composite[key] for key in sorted(composite)],
        "fields": sorted(fields, key=lambda each: (each["collection"], each["field"])),
    }


def _fields_of(query: Query) -> tuple[list[str], list[tuple[str, str]]]:
    """Return fields that must be equal, and fields in the order in which they are sorted: ranges sort too."""
    equal = sorted({path for path, operator in query.conditions if operator in _EQUAL})
    orders = dict(each for each in query.orders if each[0] != _BY_NAME)
    for path, operator in query.conditions:
        if operator not in _EQUAL and path != _BY_NAME:
            orders.setdefault(path, "ASCENDING")
    directions = [direction for path, direction in query.orders if path == _BY_NAME]
    if orders and directions and directions[0] != [*orders.values()][-1]:  # names the other way than what they follow
        orders[_BY_NAME] = directions[0]
    return equal, [*orders.items()]


def _composite(query: Query, scope: str, equal: list[str], ordered: list[tuple[str, str]]) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [{"path": path, "order": "ASCENDING"} for path in equal]
    fields += [{"path": path, "order": direction} for path, direction in ordered]
    if query.vector:
        fields.append({"path": query.vector, "dimension": DIMENSIONS})
    return {"collection": query.collection, "scope": scope, "fields": fields}


def _list_orders(found: set[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"order": direction, "scope": scope} for direction, scope in sorted(found)]


def collections() -> list[str]:
    """Return every collection there is: the store's own, the knowledge's, and the kinds that the code puts."""
    own = {paths.EVENTS, paths.PARTS, *paths.OWN} - {"tasks"}
    return sorted(own | {"chunks", "known", MIRROR} | kinds())


@cache
def kinds() -> frozenset[str]:
    """Return the kinds of documents that are put anywhere: what stands first in `Put(…)`, second in a place changed."""
    found: set[str] = set()
    for path in sorted(ROOT.glob("shared/**/*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module.startswith(
            ("shared.local", "shared.bench", "shared.cli", "shared.backends.local", "shared.__main__")
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            if node.func.id == "Put":
                found |= _kind(node.args[0], module)
            if node.func.id == "change_doc":
                found |= _kind_of_place(node.args[1], module)
            if node.func.id == "change_as":
                found |= _kind_of_place(node.args[2], module)
    return frozenset(found)


def _kind_of_place(node: ast.expr, module: str) -> set[str]:
    """Return the kind in a place (tenant, kind, id), whether it is written where it is used or has a name."""
    if isinstance(node, ast.Tuple):
        return _kind(node.elts[1], module)
    place = _value_of(node, module)
    return {str(place[1])} if isinstance(place, tuple) else set()


def _kind(node: ast.expr, module: str) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    value = _value_of(node.value if isinstance(node, ast.Starred) else node, module)
    if isinstance(value, tuple):
        value = value[0]
    return {value} if isinstance(value, str) else set()


def _value_of(node: ast.expr, module: str) -> Any:
    """Return what a name stands for in its module; None for an argument of a function: its callers name the kind."""
    if isinstance(node, ast.Name):
        with suppress(AttributeError):
            return getattr(importlib.import_module(module), node.id)
    return None


def text() -> str:
    """Return what indexes.json has to hold."""
    made = list_indexes(ask_everything().queries)
    lines = ",\n".join("    " + json.dumps(each) for each in made["composite"])
    fields = ",\n".join("    " + json.dumps(each) for each in made["fields"])
    return f'{{\n  "composite": [\n{lines}\n  ],\n  "fields": [\n{fields}\n  ]\n}}\n'


def main() -> int:
    """Write the file, or compare."""
    parser = argparse.ArgumentParser(
        description="Write indexes.json: what the code asks of Firestore, as Terraform reads it."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say whether the file is as the code needs it"
    )
    if parser.parse_args().check:
        same = FILE.read_text(encoding="utf-8") == text()
        sys.stdout.write("indexes.json is as the code needs it\n" if same else "run python terraform/indexes.py\n")
        return int(not same)
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
