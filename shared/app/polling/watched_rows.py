"""The rows of a table as they were when we last looked, so that what has changed is seen though its minute is the same.

Who set a status. A table tells who edited a row last, and not what. So a person is taken for who set the status only
when the look before saw the very same row with another status: whoever else had set it, the person's own edit would
show as a second change. An idea's approval then counts as if Notion had told us, and everything else about it is
checked as always (`consider_page`): the plan shown is still that one, its page says what it was made from, the person
is a member and may approve.

- Another person edits the text in the same minute: seen before, the status is theirs who set it, and the edit is told
  as one after the approval. Seen together, the plan is made anew.
- A bot sets the status and a person edits afterwards: seen between, the row has the status already when the person
  comes, and people are asked. Seen together, the person's edit is a second change, and people are asked.
- The minute of our own write: what we write ourselves is no second change, and we are no person.
- Approved before the plan was there: it is not about this plan, as its link is not in the row, and is overwritten.
- Approved at two gates without a look between them, because the run itself used up what may be asked: the link to what
  is asked differs, so a status of ours stood between the two.
- Two looks that see the same: the second finds no other status. A death in between orders the same look again.
- A delivery that comes as well: both join one look at the page; what a delivery tells of the same minute goes first.

What remains. A bot sets the status, and before the next look (seconds, while a plan waits) a person makes an edit that
leaves no trace in the row and none in what was planned from: typed and taken back, or below what we read. Then the
approval counts as that person's. And of two people who do this to each other, the last one is taken for both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.notify.page_properties import links_of
from shared.app.workspace.workspace_crawl import OVERLAP
from shared.app.workspace.workspace_databases import Mapped
from shared.app.workspace.workspace_schemas import IDEAS
from shared.app.workspace.write_journal import content_hash
from shared.core.documents.codec import to_body
from shared.core.documents.look import Happening
from shared.core.pages.author import PERSON, UNKNOWN, Author
from shared.core.polling.rows import WATCHED, KnownRow, Row, WatchedRows, status_set_by
from shared.core.run.run import derive_id
from shared.ports import Put, get_as

_MAX = 2000
_KEPT_FOR = 3 * OVERLAP  # as long as a query may list a row again
_OURS = ("Pull request", "Site", "Run", "Cost")
_DERIVED = frozenset({"last_edited_time", "last_edited_by", "formula", "rollup", "button", "created_time"})


@dataclass(slots=True)
class Watch:
    """The rows of one table. `us` is our own bot, `is_person` says so of an id in Notion."""

    deps: Deps
    tenant: str
    mapped: Mapped
    us: str
    is_person: Callable[[str], bool]
    needed: Collection[str] = ()  # pages whose rows are remembered for as long as they are among these
    edits: int = field(default=0, init=False)  # by others, that were seen now
    _read: WatchedRows = field(default=WatchedRows(), init=False)
    _rows: dict[str, KnownRow] | None = field(default=None, init=False)
    _changed: bool = field(default=False, init=False)

    def news(self, row: Mapping[str, Any], *, over: bool) -> Happening | None:
        """Return what has happened to a row since the last look; None when nothing has, or only by ourselves.

        `over`: the minute of its last edit is, so that what differs without a new edit is no edit.
        """
        known, page, now = self._load_known(), str(row["id"]), self._row(row)
        before, number = (known[page].row, known[page].number) if page in known else (None, 0)
        if before == now:
            return None
        known[page], self._changed = KnownRow(number + 1, now), True
        if before is not None and over and before.version == now.version:
            return None
        if before is not None and now.editor == self.us and before.others == now.others:
            return None
        self.edits += 1
        who = status_set_by(before, now) if self.mapped.kind == IDEAS else ""
        named = bool(who) and who != self.us and self.is_person(who)
        name = derive_id("asked-", page, str(number), *astuple(now))
        author = Author(PERSON if named else UNKNOWN, now.editor)
        status = (self.mapped.name("Status"),) if named and not self.mapped.by_name else ()
        return Happening(name, now.version, author, "swept", named, status, in_table=True)

    def remember(self) -> None:
        """Keep the rows as they are now. After the looks were ordered: a death in between orders the same again."""
        if not self._changed:
            return
        rows = self._load_known()
        newest = max(known.row.version for known in rows.values())
        since = datetime.fromisoformat(newest) - _KEPT_FOR
        held = {page: known for page, known in rows.items() if self._is_held(page, known.row, since)}
        self._rows = dict(sorted(held.items(), key=lambda each: each[1].row.version)[-_MAX:])
        body = to_body(replace(self._read, rows=self._rows))
        self.deps.store.put(self.tenant, Put(WATCHED, self.mapped.data_source, body))
        self._changed = False

    def _is_held(self, page: str, row: Row, since: datetime) -> bool:
        return page in self.needed or datetime.fromisoformat(row.version) >= since

    def _load_known(self) -> dict[str, KnownRow]:
        if self._rows is None:
            place = (self.tenant, WATCHED, self.mapped.data_source)
            self._read = get_as(WatchedRows, self.deps.store, place) or self._read
            self._rows = dict(self._read.rows)
        return self._rows

    def _row(self, row: Mapping[str, Any]) -> Row:
        """Return what counts of a row. What Notion computes changes by itself, and what we write is no person's."""
        properties: Mapping[str, Any] = row.get("properties") or {}
        ours = {str(self.mapped.value(row, name).get("id")) for name in _OURS} if self.mapped.kind == IDEAS else set()
        status = str(self.mapped.value(row, "Status").get("id")) if self.mapped.kind == IDEAS else ""
        plain = [
            (str(each.get("id")), content_hash(_lasting(each)))
            for each in properties.values()
            if str(each.get("type")) not in _DERIVED
        ]
        others = [each for each in plain if each[0] not in ours and each[0] != status]
        looks = [_lasting(row.get(name)) for name in ("icon", "cover", "in_trash", "is_archived", "is_locked")]
        return Row(
            str(row["last_edited_time"]),
            str((row.get("last_edited_by") or {}).get("id") or ""),
            self.mapped.status(row) if status else "",
            content_hash([each for each in plain if each[0] in ours]),
            content_hash([sorted(others), looks]),
            content_hash(sorted(links_of(self.mapped, row))) if status else "",
        )


def _lasting(value: Any) -> Any:
    """Return a value without what differs each time that it is read: the signed addresses of files."""
    if isinstance(value, Mapping):
        signed = "expiry_time" in value
        kept = {name: each for name, each in value.items() if name != "expiry_time"}
        cut = {"url": str(kept["url"]).partition("?")[0]} if signed and "url" in kept else {}
        return {name: _lasting(each) for name, each in {**kept, **cut}.items()}
    return [_lasting(each) for each in value] if isinstance(value, list) else value
