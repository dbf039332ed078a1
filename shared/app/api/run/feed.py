"""The feed of a team: what happened to its runs, in one order, from any place on.

It is the chain of the audit as far as it speaks of runs: opened, people asked and told, decided, stopped, ended. An
entry gets its number in the commit that makes it so, and none comes before one that was there already: so nothing is
lost and nothing comes twice, whatever happens meanwhile. Each step of a run is told by the events of that run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shared.app.api.cursors import CURSOR, open_place, seal_place
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, TIME, Schema, array, choice, explain, members, number, ref, text
from shared.ports import AuditEntry

MAX_WAIT = 25  # seconds
SCAN = 500  # entries of the audit looked at for one answer
MAX_WAITING = 16  # calls of one process that wait at a time; the next one is answered at once
_LOOK_EVERY = 0.25  # seconds
_BEGIN = ("now", "start")
FEED_QUERY: Mapping[str, Schema] = {
    "cursor": {**CURSOR, "description": "`next_cursor` of the answer before."},
    "begin": explain(choice(*_BEGIN), "Where to begin without a cursor: now, which is usual, or at the very start."),
    "limit": number(1, 200, 50),
    "wait": {
        **number(0, MAX_WAIT, 0),
        "description": "Seconds to wait for the next event, where Workwright runs on one machine; elsewhere the answer"
        " comes at once, and 304 says that nothing is new.",
    },
}
VIEWS: dict[str, Any] = {
    "FeedEvent": members(
        at=TIME,
        run=text(),
        what=text(what="Like RunOpened, ApprovalGranted or run_succeeded."),
        by=text(what="Who did it; workwright, where nobody did."),
        about=text(what="Of PeopleNotified, what people were told: approval_asked, for example; else empty."),
    ),
    "Feed": members(
        events=array(ref("FeedEvent")),
        next_cursor=text(what="Give it as `cursor` to go on; it is the same until there is more."),
        more=explain(FLAG, "Whether there is more to read at once."),
    ),
}
_waiting = threading.BoundedSemaphore(MAX_WAITING)


def show_feed(call: Call) -> ApiReply:
    """Return the events after a place, oldest first, and the place after them; wait for one where that is asked."""
    begin = _find_begin(call)
    _wait_beyond(call, begin)
    found, last, more = _scan(call, begin)
    body = {"events": [_view(each) for each in found], "next_cursor": _seal(call, last), "more": more}
    return ApiReply(body=body)


def _find_begin(call: Call) -> int:
    if "cursor" in call.query:
        return int(open_place(call, "feed", call.query["cursor"], {}))
    return 0 if call.query.get("begin") == "start" else call.deps.store.audit_head(call.tenant).number


def _seal(call: Call, place: int) -> str:
    return seal_place(call, "feed", str(place), {})


def _scan(call: Call, begin: int) -> tuple[list[AuditEntry], int, bool]:
    """Return events after a number of the chain, the number of the last entry looked at, and whether there are more."""
    store, tenant, limit = call.deps.store, call.tenant, call.query["limit"]
    head = store.audit_head(tenant).number
    found: list[AuditEntry] = []
    last = begin
    while last < min(head, begin + SCAN) and len(found) < limit:
        page = store.audit(tenant, beyond=last, limit=min(100, SCAN))
        for entry in page:
            last = entry.number
            if entry.body.get("run"):
                found.append(entry)
            if len(found) == limit:
                break
        if not page:
            break
    return found, last, last < head


def _wait_beyond(call: Call, begin: int) -> None:
    """Wait until there is an entry of the chain after this one, or the time is up."""
    wait, pause = call.query["wait"], call.deps.pause
    if not wait or pause is None:
        return
    with _take_place() as has_place:
        looks = int(wait / _LOOK_EVERY) if has_place else 0
        for _ in range(looks):
            if call.deps.store.audit_head(call.tenant).number > begin:
                return
            pause(_LOOK_EVERY)


@contextmanager
def _take_place() -> Iterator[bool]:
    """Take one of the few places for calls that wait; say whether there was one."""
    taken = _waiting.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            _waiting.release()


def _view(entry: AuditEntry) -> dict[str, str]:
    return {name: str(entry.body.get(name, "")) for name in ("at", "run", "what", "by", "about")}
