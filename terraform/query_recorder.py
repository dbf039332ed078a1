"""A client for Firestore that answers that there is nothing, and notes every query that it is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from shared.backends.cloud.rest.query_words import FieldFilter

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Query:
    """One query as it was asked, and the line of code that asked it."""

    collection: str
    group: bool = False
    conditions: tuple[tuple[str, str], ...] = ()  # field, operator
    orders: tuple[tuple[str, str], ...] = ()  # field, direction
    vector: str = ""
    line: str = field(default="", compare=False)


class Recorder:
    """A client that answers that there is nothing, and notes what it was asked."""

    def __init__(self) -> None:
        self.queries: dict[Query, None] = {}
        self.lines: set[str] = set()
        self.fields: dict[str, set[str]] = {}  # collection → fields that were written

    def collection(self, name: str) -> _Asked:
        return _Asked(self, Query(name))

    def collection_group(self, name: str) -> _Asked:
        return _Asked(self, Query(name, group=True))

    @staticmethod
    def field_filter(field: str, operator: str, value: Any) -> FieldFilter:
        return FieldFilter(field, operator, value)

    def get_all(self, references: Iterable[Any], *_: Any, **__: Any) -> Iterator[Any]:
        return iter([reference.get() for reference in references])

    def batch(self) -> _Batch:
        return _Batch(self)

    def write_option(self, **_: Any) -> None:
        return None

    def wrote(self, collection: str, fields: Iterable[str]) -> None:
        self.fields.setdefault(collection, set()).update(fields)

    def note(self, query: Query) -> None:
        frame = sys._getframe(2)
        while "/shared/" not in frame.f_code.co_filename and frame.f_back is not None:
            frame = frame.f_back
        line = f"{Path(frame.f_code.co_filename).relative_to(ROOT)}:{frame.f_lineno}"
        self.lines.add(line)
        self.queries.setdefault(replace(query, line=line))


@dataclass
class _Asked:
    """A collection or a query; both are asked alike."""

    recorder: Recorder
    query: Query

    def document(self, name: str) -> _Place:
        return _Place(self.recorder, self.query.collection, name)

    def where(self, *, filter: Any) -> _Asked:
        return self._with(conditions=(*self.query.conditions, (filter.field_path, filter.op_string)))

    def order_by(self, path: str, direction: str = "ASCENDING") -> _Asked:
        return self._with(orders=(*self.query.orders, (path, direction)))

    def find_nearest(self, *, vector_field: str, **_: Any) -> _Asked:
        return self._with(vector=vector_field)

    def select(self, *_: Any) -> _Asked:
        return self

    limit = start_after = select

    def stream(self, **_: Any) -> Iterator[Any]:
        self.recorder.note(self.query)
        return iter(())

    def count(self) -> _Asked:
        return self

    def get(self, **_: Any) -> list[list[Any]]:
        self.recorder.note(self.query)
        return [[SimpleNamespace(value=0)]]

    def list_documents(self, **_: Any) -> list[Any]:
        return []

    def _with(self, **changed: Any) -> _Asked:
        return _Asked(self.recorder, replace(self.query, **changed))


@dataclass
class _Place:
    """A document's reference; nothing is there."""

    recorder: Recorder
    kind: str
    id: str
    path: str = ""

    def collection(self, name: str) -> _Asked:
        return self.recorder.collection(name)

    def collections(self, **_: Any) -> list[Any]:
        return []

    def get(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(exists=False, to_dict=lambda: None, read_time=NOW, reference=self, id=self.id)

    def set(self, fields: dict[str, Any], *_: Any, **__: Any) -> None:
        self.recorder.wrote(self.kind, fields)

    def create(self, fields: dict[str, Any], *_: Any, **__: Any) -> None:
        self.recorder.wrote(self.kind, fields)

    update = create

    def delete(self, **_: Any) -> None:
        return None


class _Batch:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.commit_time = SimpleNamespace(rfc3339=lambda: "2026-01-01T00:00:00Z")

    def set(self, place: _Place, fields: dict[str, Any], **_: Any) -> None:
        place.set(fields)

    def create(self, place: _Place, fields: dict[str, Any], **_: Any) -> None:
        place.set(fields)

    update = create

    def delete(self, place: _Place, **_: Any) -> None:
        return None

    def commit(self, **_: Any) -> None:
        return None
