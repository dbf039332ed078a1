"""A digest: what one person would have been told, gathered until a time of theirs, and sent once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.core.documents.codec import sparse, unknown

DIGESTS = "digests"  # kind of documents; their ids are those of the people
MAX_SHOWN = 30  # messages of one digest; of the others it says how many there are
_MAX_HAD = 500  # messages that are remembered after they were sent: a task that comes again must not tell of them again
_MAX_TEXT = 300  # letters

Item = Mapping[str, str]  # subject, text, url


@dataclass(frozen=True, slots=True)
class Digest:
    """What waits for one person. What is being sent stands apart, so that it is the same however often it is tried."""

    waiting: Mapping[str, Item] | None = sparse(None)  # by what each is told once as
    due: datetime | None = sparse(None)  # when what waits is sent
    sending: Mapping[str, Item] | None = sparse(None)
    number: int = sparse(0)  # of the digests that were begun
    last: datetime | None = sparse(None)  # when the last one was begun
    had: tuple[str, ...] = sparse(())  # what was sent
    more: Mapping[str, Any] = unknown()

    def holds(self, key: str) -> bool:
        """Say whether a message is in here, or was in one that was sent."""
        return key in (self.waiting or {}) or key in (self.sending or {}) or key in self.had


def gather(digest: Digest, key: str, item: Item, due: datetime) -> Digest:
    """Return the digest with one message more, for which it is due at the latest then; as it was, if it has it."""
    if digest.holds(key):
        return digest
    cut = {name: value if name == "url" else value[:_MAX_TEXT] for name, value in item.items()}
    return replace(digest, waiting={**(digest.waiting or {}), key: cut}, due=min(digest.due or due, due))


def begin_sending(digest: Digest, now: datetime) -> Digest:
    """Return the digest with what waits on its way; as it was while an earlier one is, or where nothing waits."""
    if digest.sending or not digest.waiting:
        return digest
    return replace(digest, waiting=None, due=None, sending=digest.waiting, number=digest.number + 1, last=now)


def end_sending(digest: Digest, number: int) -> Digest:
    """Return the digest once this one was sent; as it was, if somebody has said so before."""
    if not digest.sending or digest.number != number:
        return digest
    return replace(digest, sending=None, had=(*digest.had, *digest.sending)[-_MAX_HAD:])
