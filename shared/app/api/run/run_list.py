"""The list of a team's runs: what may be asked for, and pages that go on where the one before ended.

A place in the list is a run, and when that was opened never changes: whatever is opened or changes meanwhile moves no
page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from shared.app.api.cursors import CURSOR, open_place, seal_place
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import Schema, choice, number, text
from shared.app.api.route import RUN
from shared.app.api.run.run_views import run_head
from shared.app.api.settings.tenant_databases import IN_NOTION, notion_id
from shared.app.approval.gates import team_of
from shared.app.engine.switches import describe_pause
from shared.app.polling.standstill_words import standing_words
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.approval.deciders import Decider, may_act_now
from shared.core.errors import NotThere
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.client.wire import normal_id
from shared.ports import RunFilter

SCAN = 500  # runs looked at for one page where the store cannot choose them; `next_cursor` goes on from there
GROUPS: Mapping[str, tuple[RunStatus, ...]] = {
    "waiting": (RunStatus.AWAITING_INPUT, RunStatus.AWAITING_APPROVAL),
    "moving": (RunStatus.RECEIVED, RunStatus.PLANNING, RunStatus.EXECUTING, RunStatus.CANCELLING),
    "done": (RunStatus.SUCCEEDED, RunStatus.CANCELLED),
    "failed": (RunStatus.FAILED,),
}
KINDS = ("page", "routine", "day", "retry", "rollback", "take-away", "take-down", "redeploy", "agent")
_FIRST, _LAST = date(1970, 1, 1), date(9998, 12, 31)  # no run is older, and the day after the last one has a name
_GROUP_WORDS = (
    "`waiting` for a person, `moving` as every other run that has not ended, `done` with success or because somebody"
    " cancelled it, `failed`."
)
LIST_QUERY: Mapping[str, Schema] = {
    "limit": number(1, 200, 50),
    "cursor": CURSOR,
    "after": {**RUN, "description": "The last run of the page before; `cursor` takes precedence."},
    "status": choice(*(status.value for status in RunStatus)),
    "group": {**choice(*GROUPS), "description": _GROUP_WORDS},
    "for": {**choice("me"), "description": "Runs that ask something which whoever calls may decide or answer now."},
    "by": text(max_length=200, what="Who asked for it, as `by` of a run says; in capitals or not."),
    "project": {**IN_NOTION, "description": "Runs of this page or database of Notion, and of the pages below it."},
    "kind": {**choice(*KINDS), "description": "What opened it, as `trigger` of a run says."},
    "from": {"type": "string", "format": "date", "description": "Opened on this day in UTC or later."},
    "to": {"type": "string", "format": "date", "description": "Opened on this day in UTC or earlier."},
    "text": text(max_length=200, what="What its title contains; in capitals or not."),
}
_PLACES = ("limit", "cursor", "after")  # everything else says which runs are meant


def list_runs(call: Call) -> ApiReply:
    """Return runs, newest first."""
    after = _find_begin(call)
    found, after = _scan(call, after)
    body = {
        "runs": [run_head(run) for run in found],
        "next": after or None,
        "next_cursor": seal_place(call, "runs", after, _list_filters(call)) if after else None,
        "paused": describe_pause(call.deps, call.tenant),
        "notion_away": standing_words(call.deps, call.tenant),
    }
    return ApiReply(body=body)


def _scan(call: Call, after: str) -> tuple[list[Run], str]:
    """Return the runs of a page, and the one after which the next page begins; "" at the end."""
    store, tenant, limit = call.deps.store, call.tenant, call.query["limit"]
    only, choose = _read_filter(call.query), _chooser(call)
    found: list[Run] = []
    scanned = 0
    while only is not None and len(found) < limit and scanned < SCAN:
        size = min(100, SCAN - scanned) if choose else limit - len(found)
        page = store.list_runs(tenant, limit=size, after=after, only=only)
        for run in page:
            after = run.id
            if choose is None or choose(run):
                found.append(run)
            if len(found) == limit:
                break
        scanned += len(page)
        if len(page) < size:
            more = bool(page) and page[-1].id != after
            return found, after if more else ""
    more = only is not None and bool(store.list_runs(tenant, limit=1, after=after, only=only))
    return found, after if more else ""


def _read_filter(query: Mapping[str, Any]) -> RunFilter | None:
    """Return what the store is to choose by; None where no run can be meant."""
    statuses = GROUPS[query["group"]] if "group" in query else ()
    if "status" in query:
        status = RunStatus(query["status"])
        if statuses and status not in statuses:
            return None
        statuses = (status,)
    first, last = (date.fromisoformat(query[name]) if name in query else None for name in ("from", "to"))
    since = _begin_of(first) if first is not None else None
    return RunFilter(statuses, since, _begin_of(last) + timedelta(days=1) if last is not None else None)


def _begin_of(day: date) -> datetime:
    return datetime.combine(min(max(day, _FIRST), _LAST), time.min, UTC)


def _chooser(call: Call) -> Callable[[Run], bool] | None:
    """Return what says of a run whether it is meant, as far as the store cannot say it; None where it says all."""
    query = call.query
    by, words, kind = _fold(query.get("by", "")), _fold(query.get("text", "")), query.get("kind", "")
    project = normal_id(notion_id(query.get("project", "")))
    mine = query.get("for") == "me"
    if not (by or words or kind or project or mine):
        return None
    who, team = Decider(call.who.actor, call.who.role, "api"), team_of(call.deps, call.tenant)
    places, within = WorkspaceMap(call.deps, call.tenant), {project: True}

    def choose(run: Run) -> bool:
        trigger = run.trigger
        if (kind and trigger.kind != kind) or (by and _fold(trigger.by) != by) or words not in _fold(trigger.title):
            return False
        if mine and not may_act_now(run, who, team):
            return False
        return not project or _is_within(places, within, trigger.page)

    return choose


def _is_within(places: WorkspaceMap, known: dict[str, bool], page: str) -> bool:
    """Say whether a page is the project or lies below it, as far as we know the workspace; `known` are answers so far.

    Notion is not asked.
    """
    way, at = [], normal_id(notion_id(page))
    while at and at not in known:
        known[at] = False  # a loop in what Notion answered must end
        way.append(at)
        place = places.find_known(at)
        at = place.parent if place is not None else ""
    found = known.get(at, False)
    known.update(dict.fromkeys(way, found))
    return found


def _find_begin(call: Call) -> str:
    """Return the run after which the page begins, "" for the newest; raises NotThere."""
    cursor, after = (str(call.query.get(name, "")) for name in ("cursor", "after"))
    if cursor:
        return open_place(call, "runs", cursor, _list_filters(call))
    if after and call.deps.store.load_run(call.tenant, after) is None:
        raise NotThere(f"no run {after!r}")
    return after


def _list_filters(call: Call) -> dict[str, Any]:
    """Return what says which runs are meant."""
    return {name: value for name, value in call.query.items() if name not in _PLACES and value}


def _fold(words: str) -> str:
    return unicodedata.normalize("NFC", words).casefold()
