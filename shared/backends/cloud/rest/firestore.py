"""Firestore by REST: documents read together, one atomic batch of writes, and the queries that are asked here.

The classes have the names and words of Google's client, so that what is written upon one of them works upon both.
Facts: https://cloud.google.com/firestore/docs/reference/rest (v1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from shared.backends.cloud.api_error import ApiError
from shared.backends.cloud.rest.query_words import NAME, OPERATORS, FieldFilter, field, quote_name, rows
from shared.backends.cloud.rest.values import Moment, decode_value, encode_fields, encode_value, format_moment
from shared.backends.cloud.rest.wire import Rest, known_shape

_DEFAULT_S = 15.0
_PAGE = 300  # names in one answer of a list


class RestFirestore:
    """One database. `rest` is at `https://firestore.googleapis.com/v1`, or at an emulator's."""

    def __init__(self, rest: Rest, project: str, database: str = "(default)") -> None:
        self.rest = rest
        self.root = f"projects/{project}/databases/{database}/documents"

    def collection(self, path: str) -> Collection:
        return Collection(self, path)

    def document(self, path: str) -> Document:
        return Document(self, path)

    def collection_group(self, name: str) -> Query:
        """Return a query over all collections of that name."""
        return Query(self, "", name, everywhere=True)

    @staticmethod
    def field_filter(field: str, operator: str, value: Any) -> FieldFilter:
        return FieldFilter(field, operator, value)

    def batch(self) -> Batch:
        """Return an empty batch."""
        return Batch(self)

    def write_option(self, **option: Any) -> dict[str, Any]:
        """Return a precondition: `last_update_time` or `exists`."""
        if "last_update_time" in option:
            return {"updateTime": format_moment(option["last_update_time"])}
        return {"exists": option["exists"]}


class Document:
    """The reference of one document; `path` is relative to the database."""

    def __init__(self, client: RestFirestore, path: str) -> None:
        self._client = client
        self.path = path

    @property
    def id(self) -> str:
        """Its last name."""
        return self.path.rpartition("/")[2]

    @property
    def name(self) -> str:
        return f"{self._client.root}/{self.path}"

    def collection(self, name: str) -> Collection:
        return Collection(self._client, f"{self.path}/{name}")

    def collections(self, *, timeout: float = _DEFAULT_S) -> Iterator[Collection]:
        """Return the collections right below it, ascending; raises ApiError."""
        page = ""
        while True:
            asked = {"pageSize": _PAGE, "pageToken": page}
            answer = self._client.rest.read("POST", f"{self.name}:listCollectionIds", asked, timeout=timeout)
            for name in answer.get("collectionIds", ()):
                yield self.collection(name)
            page = answer.get("nextPageToken", "")
            if not page:
                return

    def get(self, *, timeout: float = _DEFAULT_S) -> Snapshot:
        """Read it; raises ApiError. A database that is not there is an error, and no missing document."""
        asked = {"documents": [self.name]}
        answer = self._client.rest.read("POST", f"{self._client.root}:batchGet", asked, timeout=timeout)
        row = next((each for each in rows(answer) if "found" in each or "missing" in each), None)
        if row is None:  # nobody said that it is not there
            raise ApiError("UNKNOWN", "Firestore answered without the document")
        return Snapshot(self, row.get("found"))

    def set(self, fields: Mapping[str, Any], *, timeout: float = _DEFAULT_S) -> None:
        """Write it anew, whatever was there. Sent twice it has the same end."""
        batch = self._client.batch()
        batch.set(self, fields)
        batch.commit(timeout=timeout)

    def delete(self, *, timeout: float = _DEFAULT_S) -> None:
        """Delete it, if it is there."""
        batch = self._client.batch()
        batch.delete(self)
        batch.commit(timeout=timeout)


class Snapshot:
    """A document as it was read."""

    def __init__(self, reference: Document, found: Mapping[str, Any] | None) -> None:
        self.reference = reference
        self.exists = found is not None
        self._fields: Mapping[str, Any] = (found or {}).get("fields", {})
        self.update_time = Moment((found or {}).get("updateTime", ""))

    @property
    def id(self) -> str:
        """The document's last name."""
        return self.reference.id

    def to_dict(self) -> dict[str, Any] | None:
        """Return the fields; None where there is no document."""
        return {name: decode_value(value) for name, value in self._fields.items()} if self.exists else None

    def get(self, field: str) -> Any:
        """Return one field; raises KeyError."""
        return decode_value(self._fields[field])


class Batch:
    """Writes that are applied together or not at all."""

    def __init__(self, client: RestFirestore) -> None:
        self._client = client
        self._writes: list[dict[str, Any]] = []
        self.commit_time = Moment()

    def set(self, reference: Document, fields: Mapping[str, Any]) -> None:
        """Write a document anew."""
        self._writes.append(self._update(reference, fields))

    def create(self, reference: Document, fields: Mapping[str, Any]) -> None:
        """Write a document that must not be there."""
        self._writes.append({**self._update(reference, fields), "currentDocument": {"exists": False}})

    def update(self, reference: Document, fields: Mapping[str, Any], option: Mapping[str, Any] | None = None) -> None:
        """Change fields of a document that is there, at that version when one is given."""
        mask = {"fieldPaths": [quote_name(name) for name in fields]}
        condition = dict(option or {"exists": True})
        self._writes.append({**self._update(reference, fields), "updateMask": mask, "currentDocument": condition})

    def delete(self, reference: Document, option: Mapping[str, Any] | None = None) -> None:
        condition = {"currentDocument": dict(option)} if option else {}
        self._writes.append({"delete": reference.name, **condition})

    def commit(self, *, retry: None = None, timeout: float = _DEFAULT_S) -> None:
        """Apply all of it, sent once; raises ApiError."""
        path = f"{self._client.root}:commit"
        answer = self._client.rest.call("POST", path, {"writes": self._writes}, timeout=timeout)
        with known_shape():
            self.commit_time = Moment(answer["commitTime"])

    @staticmethod
    def _update(reference: Document, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {"update": {"name": reference.name, "fields": encode_fields(fields)}}


@dataclass(frozen=True, slots=True)
class Query:
    """A query over one collection, or with `everywhere` over all of its name."""

    client: RestFirestore
    parent: str  # the document above; "" for the database itself
    name: str
    everywhere: bool = False
    filters: tuple[FieldFilter, ...] = ()
    orders: tuple[tuple[str, str], ...] = ()
    cursor: tuple[Any, ...] = ()
    max_results: int = 0

    def where(self, *, filter: FieldFilter) -> Query:
        """Ask for documents that fulfil one more condition."""
        return replace(self, filters=(*self.filters, filter))

    def order_by(self, field: str, direction: str = "ASCENDING") -> Query:
        return replace(self, orders=(*self.orders, (field, direction)))

    def start_after(self, place: Snapshot | Mapping[str, Any]) -> Query:
        """Begin behind a document that was read, or behind a place in the order."""
        values = [place.reference if name == NAME and isinstance(place, Snapshot) else _read_value(place, name)
                  for name, _ in self.orders]  # fmt: skip
        return replace(self, cursor=tuple(values))

    def limit(self, max_results: int) -> Query:
        """Return so many at most."""
        return replace(self, max_results=max_results)

    def stream(self, *, timeout: float = _DEFAULT_S) -> Iterator[Snapshot]:
        """Return what was found; raises ApiError."""
        root = self.client.root
        parent = f"{root}/{self.parent}" if self.parent else root
        asked = {"structuredQuery": self._build_structured_query()}
        for each in rows(self.client.rest.read("POST", f"{parent}:runQuery", asked, timeout=timeout)):
            if "document" in each:
                path = each["document"]["name"].removeprefix(f"{root}/")
                yield Snapshot(Document(self.client, path), each["document"])

    def _build_structured_query(self) -> dict[str, Any]:
        found: dict[str, Any] = {"from": [{"collectionId": self.name, "allDescendants": self.everywhere}]}
        conditions = [
            {"fieldFilter": {**field(f.field_path), "op": OPERATORS[f.op_string], "value": _operand(f)}}
            for f in self.filters
        ]
        if conditions:
            found["where"] = {"compositeFilter": {"op": "AND", "filters": conditions}}
        if self.orders:
            found["orderBy"] = [{**field(name), "direction": direction} for name, direction in self.orders]
        if self.cursor:
            found["startAt"] = {"before": False, "values": [_cursor_value(value) for value in self.cursor]}
        if self.max_results:
            found["limit"] = self.max_results
        return found


class Collection:
    """A collection; asked itself it is the query of all its documents."""

    def __init__(self, client: RestFirestore, path: str) -> None:
        self._client = client
        self.path = path
        self.id = path.rpartition("/")[2]
        self._parent, _, self.id = path.rpartition("/")

    def document(self, id: str) -> Document:
        return Document(self._client, f"{self.path}/{id}")

    def where(self, *, filter: FieldFilter) -> Query:
        """Ask for documents that fulfil a condition."""
        return self._query_all().where(filter=filter)

    def order_by(self, field: str, direction: str = "ASCENDING") -> Query:
        """Ask for the documents in an order."""
        return self._query_all().order_by(field, direction)

    def list_documents(self, *, timeout: float = _DEFAULT_S) -> Iterator[Document]:
        """Return the references of all documents, and of places where something lies below; raises ApiError."""
        path, page = f"{self._client.root}/{self.path}", ""
        while True:
            asked = f"{path}?showMissing=true&pageSize={_PAGE}&mask.fieldPaths={NAME}&pageToken={quote(page)}"
            answer = self._client.rest.read("GET", asked, timeout=timeout)
            for found in answer.get("documents", ()):
                yield Document(self._client, found["name"].removeprefix(f"{self._client.root}/"))
            page = answer.get("nextPageToken", "")
            if not page:
                return

    def _query_all(self) -> Query:
        return Query(self._client, self._parent, self.id)


def _read_value(place: Snapshot | Mapping[str, Any], name: str) -> Any:
    return place.get(name) if isinstance(place, Snapshot) else place[name]


def _operand(condition: FieldFilter) -> dict[str, Any]:
    if condition.op_string == "in":
        return {"arrayValue": {"values": [encode_value(value) for value in condition.value]}}
    return encode_value(condition.value)


def _cursor_value(value: Any) -> dict[str, Any]:
    return {"referenceValue": value.name} if isinstance(value, Document) else encode_value(value)
