"""What a team has set up and made: its routines, its connections, its sites, each listed and looked at by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.app.api.cursors import CURSOR, NEXT_CURSOR, open_place, seal_place
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, MAYBE_TIME, TIME, Schema, array, explain, members, number, ref, text
from shared.app.api.route import Route
from shared.app.engine.deps import Deps
from shared.app.intake.open_page_run import page_record
from shared.core.documents.grant import KIND as GRANTS
from shared.core.documents.grant import Grant
from shared.core.documents.routine import KIND as ROUTINES
from shared.core.documents.routine import Routine
from shared.core.errors import NotThere
from shared.integrations.systems import name_system
from shared.ports import Doc, read_as

LIST_PAGE: Mapping[str, Schema] = {"limit": number(1, 200, 50), "cursor": CURSOR}
_RUN = members(id=text(), status=text(), opened_at=TIME, ended_at=MAYBE_TIME)
VIEWS: dict[str, Any] = {
    "Routine": members(
        page=text(),
        title=text(),
        schedule=text(what="As it is written on the page."),
        time_zone=text(),
        active=FLAG,
        next=explain(MAYBE_TIME, "The next time it is due."),
        problem=text(what="Why its schedule cannot be followed; empty where it can."),
        micros={"type": ["integer", "null"], "description": "What each run may cost; null for the usual limit."},
        last_run={"anyOf": [_RUN, {"type": "null"}]},
    ),
    "Routines": members(routines=array(ref("Routine")), next_cursor=NEXT_CURSOR),
    "ConnectionState": members(
        system=text(),
        title=text(what="The system's name, as people know it."),
        connected=explain(FLAG, "Whether it holds, as far as we know."),
        account=text(what="The account or workspace; empty where the system names none."),
        host=text(what="The address of a self-managed system, else empty."),
        since={**MAYBE_TIME, "description": "When a person gave it."},
        renewed_at={**MAYBE_TIME, "description": "When its tokens were stored last."},
        expires_at={**MAYBE_TIME, "description": "When its token ends, where the system has said so."},
        renews=explain(FLAG, "Whether it is renewed by itself before it ends."),
    ),
    "Connections": members(connections=array(ref("ConnectionState")), next_cursor=NEXT_CURSOR),
}


def list_routines(call: Call) -> ApiReply:
    """Return the routines, by the ids of their pages."""
    return _list_stored(call, ROUTINES, "routines", lambda doc: _view_routine(call.deps, call.tenant, doc))


def show_routine(call: Call) -> ApiReply:
    """Return one routine."""
    doc = call.deps.store.get(call.tenant, ROUTINES, call.parts["page"])
    if doc is None:
        raise NotThere("no routine has this page", way_out="GET /v1/routines lists them.")
    return ApiReply(body=_view_routine(call.deps, call.tenant, doc))


def list_connections(call: Call) -> ApiReply:
    """Return what the team has connected, or had, by the names of the systems."""
    return _list_stored(call, GRANTS, "connections", _view_connection)


def show_connection(call: Call) -> ApiReply:
    """Return one connection."""
    doc = call.deps.store.get(call.tenant, GRANTS, call.parts["system"])
    if doc is None:
        raise NotThere("your team has not connected this system", way_out="GET /v1/connections lists what it has.")
    return ApiReply(body=_view_connection(doc))


def _list_stored(call: Call, kind: str, which: str, view: Callable[[Doc], dict[str, Any]]) -> ApiReply:
    after, limit = find_begin(call, which), call.query["limit"]
    docs = call.deps.store.list_docs(call.tenant, kind, after=after, limit=limit + 1)
    shown = docs[:limit]
    return reply_with_page(call, which, [view(doc) for doc in shown], shown[-1].id if len(docs) > limit else "")


def find_begin(call: Call, which: str) -> str:
    """Return after which id a page of a list begins, as the cursor of the call says."""
    return open_place(call, which, call.query["cursor"], {}) if "cursor" in call.query else ""


def reply_with_page(call: Call, which: str, shown: Sequence[Mapping[str, Any]], last: str) -> ApiReply:
    """Return a page of a list; `last` is the id that the next one begins after, "" where this is the last."""
    return ApiReply(body={which: shown, "next_cursor": seal_place(call, which, last, {}) if last else None})


def _view_routine(deps: Deps, tenant: str, doc: Doc) -> dict[str, Any]:
    routine = read_as(Routine, doc)
    latest = page_record(deps, tenant, routine.page).run
    loaded = deps.store.load_run(tenant, latest) if latest else None
    last = None
    if loaded is not None:
        run = loaded.run
        ended = run.ended_at.isoformat() if run.ended_at else None
        last = {"id": run.id, "status": run.status.value, "opened_at": run.opened_at.isoformat(), "ended_at": ended}
    return {
        "page": routine.page,
        "title": routine.title,
        "schedule": routine.schedule,
        "time_zone": routine.zone,
        "active": routine.active,
        "next": routine.due or None,
        "problem": routine.wrong,
        "micros": routine.micros,
        "last_run": last,
    }


def _view_connection(doc: Doc) -> dict[str, Any]:
    grant = read_as(Grant, doc)
    names = (grant.public.get(name) for name in ("login", "workspace_name", "team"))
    account = next((each for each in names if each), "")
    account = account.get("name", "") if isinstance(account, Mapping) else account
    return {
        "system": doc.id,
        "title": name_system(doc.id),
        "connected": grant.connected,
        "account": str(account),
        "host": grant.host,
        "since": grant.given or None,
        "renewed_at": grant.at or None,
        "expires_at": _find_end(grant),
        "renews": grant.refresh is not None,
    }


def _find_end(grant: Grant) -> str | None:
    seconds = grant.public.get("expires_in")
    if not grant.at or not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    return (datetime.fromisoformat(grant.at) + timedelta(seconds=seconds)).isoformat()


LIST_ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/v1/routines", "runs.read", list_routines, "List routines", "Routines", query=LIST_PAGE, errors=(404,),
    ),
    Route("GET", "/v1/routines/{page}", "runs.read", show_routine, "Get a routine", "Routine"),
    Route(
        "GET", "/v1/connections", "connections.read", list_connections, "List connections", "Connections",
        query=LIST_PAGE, errors=(404,),
    ),
    Route(
        "GET", "/v1/connections/{system}", "connections.read", show_connection, "Get a connection", "ConnectionState",
    ),
)  # fmt: skip
