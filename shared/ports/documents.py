"""Documents of the store as what they are: the codec says how one is read and written, the store keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from shared.core.documents.codec import from_body, stands_beside, to_body
from shared.core.documents.tenant_settings import PLACE, TenantSettings, settings_in
from shared.core.errors import StoreCorrupt
from shared.ports.changes import TRIES, at_once, change_doc
from shared.ports.store import Doc, Store

D = TypeVar("D")
Place = tuple[str, str, str]  # tenant, kind, id


def read_as(of: type[D], doc: Doc) -> D:
    """Return what a stored document is, with its id and its version where the class has a place for them."""
    try:
        return from_body(of, doc.body, **{name: getattr(doc, name) for name in stands_beside(of) if hasattr(doc, name)})
    except StoreCorrupt as error:
        raise StoreCorrupt(f"document {doc.id}: {error}") from error


def get_as(of: type[D], store: Store, place: Place) -> D | None:
    """Return what is stored at (tenant, kind, id); None where nothing is."""
    doc = store.get(*place)
    return read_as(of, doc) if doc is not None else None


def all_as(of: type[D], store: Store, tenant: str, kind: str, after: str = "") -> Iterator[D]:
    """Yield all documents of a kind, by ascending id, reading on as they are asked for."""
    while docs := store.list_docs(tenant, kind, after=after):
        yield from (read_as(of, doc) for doc in docs)
        after = docs[-1].id


def change_as(
    of: type[D],
    store: Store,
    place: Place,
    change: Callable[[D | None], D | None],
    stand_back: Callable[[int], None] = at_once,
    max_tries: int = TRIES,
) -> D | None:
    """Save what `change` makes of the document at (tenant, kind, id), as `change_doc` does; return it as it is then."""
    after: D | None = None

    def change_body(body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        nonlocal after
        before = read_as(of, Doc(place[2], body, "")) if body is not None else None
        after = change(before)
        return body if after is before else to_body(after) if after is not None else None

    change_doc(store, place, change_body, stand_back, max_tries)
    return after


def tenant_settings(store: Store, tenant: str) -> TenantSettings:
    """Return what a team, or with SYSTEM the operator, has set; what is usual, where nobody has set anything."""
    return settings_in(all_settings(store, tenant))


def all_settings(store: Store, tenant: str) -> Mapping[str, Any]:
    """Return all that a team has set, by name, for those parts of it that have a reader of their own."""
    doc = store.get(tenant, *PLACE)
    return doc.body if doc is not None else {}
