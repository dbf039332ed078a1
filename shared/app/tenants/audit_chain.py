"""What was done to a team's audit: each entry carries the hash of the one before, so that none can be changed unseen.

The store keeps, beside the entries, where the chain ends: an entry that is cut off at the end is missed too. What the
team's retention removes at the beginning is said in the chain itself, by an entry that is written before: the number,
hash and time of the last one removed. So nobody can remove more, or say that more was. Whoever can write all of the
store can write all of a chain anew; against that helps a hash that was noted elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.ports import AuditEntry, AuditHead, hash_entry

EXPIRED = "AuditExpired"  # what the entry says that is written before old ones are removed
ROLLOUT = timedelta(hours=1)  # so long functions of the release before, which know no chain, may still write


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What is known of a chain: its sound entries from the first one that is kept on, and the first broken one.

    `broken` is the number of that entry in the chain, None where all are sound; `id` is where it was found. `removed`
    is how many were removed before the first one, and `until` the time of the last of those.
    """

    head: AuditHead
    removed: int = 0
    until: str = ""
    older: int = 0  # entries from before the chain
    broken: int | None = None
    id: str = ""
    why: str = ""


def check_chain(tenant: str, entries: Iterable[AuditEntry], read_head: Callable[[], AuditHead]) -> AuditCheck:
    """Check a team's entries, in the order of the store; people may go on adding some meanwhile."""
    known, sound = read_head(), _Sound(tenant)
    for entry in entries:
        if (found := sound.add(entry)) is not None:
            return found
    if (found := sound.check_begin()) is not None:
        return found
    last = sound.last
    head = known if last.number <= known.number else read_head()
    if last.number < head.number and head == known:
        return sound.stop(last.number + 1, "", f"it is missing: the chain went on to number {head.number}")
    if last.number > head.number:
        return sound.stop(head.number + 1, last.id, f"it was inserted: the chain ends with number {head.number}")
    if last.number == head.number and last.hash != head.hash:
        return sound.stop(last.number, last.id, "it was changed together with its hash")
    return sound.stop(None, "", "")


@dataclass(frozen=True, slots=True)
class Removal:
    """Until which entry a chain was cut at its beginning: the last one's number, hash and time."""

    number: int = 0
    hash: str = ""
    until: str = ""


def describe_removal(last: AuditEntry) -> Mapping[str, Any]:
    """Return what is noted before the oldest entries, up to the `last`, are removed."""
    return {"number": last.number, "hash": last.hash, "until": str(last.body.get("at", ""))}


def read_removal(entry: AuditEntry) -> Removal:
    """Return what an entry tells of a removal; one of nothing where it tells of none."""
    given = entry.body.get("after")
    if entry.body.get("what") != EXPIRED or not isinstance(given, Mapping) or not isinstance(given.get("number"), int):
        return Removal()
    return Removal(given["number"], str(given.get("hash", "")), str(given.get("until", "")))


@dataclass(slots=True)
class _Sound:
    """The entries so far, all of them sound."""

    tenant: str
    last: AuditEntry = field(default_factory=lambda: AuditEntry("", {}))
    before: AuditEntry = field(default_factory=lambda: AuditEntry("", {}))  # the one before the last
    first: AuditEntry = field(default_factory=lambda: AuditEntry("", {}))
    removal: Removal = field(default_factory=lambda: Removal())  # the largest that an entry so far tells of
    older: list[tuple[str, Any]] = field(default_factory=list)  # ids and times of those from before the chain

    def add(self, entry: AuditEntry) -> AuditCheck | None:
        """Take the next entry; return what is broken."""
        if not entry.number and not self.last.number:
            self.older.append((entry.id, entry.body.get("at")))
            return None
        if not self.last.number and (late := self._find_late(entry.body.get("at"))):
            return self.stop(0, late, "it was inserted: it says that it is of a time when there was the chain")
        if (found := self._check(entry)) is not None:
            return found
        self.first = self.first if self.first.number else entry
        self.removal = max(self.removal, read_removal(entry), key=lambda each: each.number)
        self.before, self.last = self.last, entry
        return None

    def check_begin(self) -> AuditCheck | None:
        """Return what is broken where the chain begins, once all of it is known."""
        first, removal = self.first, self.removal
        if first.number > removal.number + 1:
            why = f"it is missing: number {first.number} stands where it belongs"
            return replace(self.stop(removal.number + 1, first.id, why), head=AuditHead())
        if 1 < first.number == removal.number + 1 and first.previous != removal.hash:
            return self.stop(first.number, first.id, "it was changed together with its hash: another came before it")
        return None

    def _check(self, entry: AuditEntry) -> AuditCheck | None:
        wanted = self.last.number + 1 if self.last.number else max(entry.number, 1)
        if entry.number > wanted:
            return self.stop(wanted, entry.id, f"it is missing: number {entry.number} stands where it belongs")
        if entry.number < wanted:
            return self.stop(entry.number, entry.id, f"it was inserted: number {wanted} belongs where it stands")
        if hash_entry(self.tenant, entry.number, entry.previous, entry.body) != entry.hash:
            return self.stop(entry.number, entry.id, "it was changed: it does not have its hash")
        if entry.previous == self.last.hash or (not self.last.number and entry.number > 1):
            return None
        if not self.last.number:
            return self.stop(entry.number, entry.id, "it was changed together with its hash: none comes before it")
        changed, self.last = self.last, self.before  # the next one remembers what stood there
        return self.stop(changed.number, changed.id, "it was changed together with its hash: the next one has another")

    def stop(self, broken: int | None, id: str, why: str) -> AuditCheck:
        """Return what has been found out."""
        head, removed = AuditHead(self.last.number, self.last.hash), max(0, self.first.number - 1)
        return AuditCheck(head, removed, self.removal.until if removed else "", len(self.older), broken, id, why)

    def _find_late(self, began: Any) -> str:
        until = _time_of(began)
        late = (name for name, at in self.older if until and (time := _time_of(at)) and time > until + ROLLOUT)
        return next(late, "")


def _time_of(at: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(at)).astimezone()
    except ValueError:
        return None
