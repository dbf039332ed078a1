"""Everything of one tenant in Firestore: what there is, and its end."""

from __future__ import annotations

from itertools import islice
from typing import Any

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S
from shared.backends.cloud.paths import EVENTS, OWN, PARTS, RUNS, TEXTS, Home
from shared.ports import SYSTEM

# What lies below documents of these kinds. Everything else lies flat, so that nobody has to ask at each document.
_BELOW = {RUNS: EVENTS, TEXTS: PARTS}
# Kept here by the index of the workspace, which is known through its own port and made anew from Notion.
_INDEX = frozenset({"known", "chunks", "mirror"})
_BATCH = 400


def kinds(home: Home) -> list[str]:
    """Return the kinds of documents there are, ascending, without the store's and the index's own."""
    with asking_the_store("list kinds"):
        found = [each.id for each in home.root.collections(timeout=TIMEOUT_S)]
    return sorted(set(found) - OWN - _INDEX)


def texts(home: Home, after: str, limit: int) -> list[str]:
    """Return the addresses of kept texts, ascending."""
    with asking_the_store("list texts"):
        places = home.collection(TEXTS).list_documents(timeout=TIMEOUT_S)  # in the order of their names
        return list(islice((each.id for each in places if each.id > after), limit))


def erase(home: Home, limit: int) -> int:
    """Delete about so many documents, what lies below one before the document itself; return how many."""
    if home.tenant == SYSTEM:
        raise ValueError("the operator's own documents cannot be erased")
    with asking_the_store("erase a tenant"):
        gone: list[Any] = []
        for collection in home.root.collections(timeout=TIMEOUT_S):
            for document in islice(collection.list_documents(timeout=TIMEOUT_S), limit - len(gone)):
                if collection.id in _BELOW:
                    below = document.collection(_BELOW[collection.id])
                    gone += below.list_documents(timeout=TIMEOUT_S)
                gone.append(document)
            if len(gone) >= limit:
                break
        for start in range(0, len(gone), _BATCH):
            batch = home.client.batch()
            for document in gone[start : start + _BATCH]:
                batch.delete(document)
            batch.commit(retry=None, timeout=TIMEOUT_S)
    return len(gone)
