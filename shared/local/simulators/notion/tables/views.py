"""Views of a database: create, read, change, delete; and their queries, which are snapshots that expire."""

from datetime import UTC, timedelta
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id
from shared.local.simulators.notion.refusals import invalid, missing, validation_error
from shared.local.simulators.notion.tables import comparing, query
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]

TYPES = ("table", "board", "list", "calendar", "timeline", "gallery", "form", "chart", "map", "dashboard")
_PLACES = ("database_id", "view_id", "create_database")
_FIELDS = ("name", "filter", "sorts", "quick_filters", "configuration")


def add_default(world: World, database: Json, source: Json, caller: Caller) -> None:
    """Give a new data source its first view, as the app does."""
    _new(world, database, source, caller, {"name": "Default view", "type": "table"})


def _new(world: World, database: Json, source: Json, caller: Caller, fields: Json) -> Json:
    now = world.minute()
    view = {
        "id": world.new_id(),
        "database_id": database["id"],
        "data_source_id": source["id"],
        "created_time": now,
        "last_edited_time": now,
        "created_by": caller.author,
        "last_edited_by": caller.author,
        "filter": None,
        "sorts": None,
        "quick_filters": None,
        "configuration": None,
        **fields,
    }
    world.state["views"][view["id"]] = view
    return view


def render_view(world: World, view: Json) -> Json:
    """Return a view as it reads."""
    fields = ("name", "filter", "sorts", "quick_filters", "configuration", "data_source_id")
    authors = {key: {"object": "user", "id": view[key]["id"]} for key in ("created_by", "last_edited_by")}
    more = {"dashboard_view_id": view["dashboard_view_id"]} if "dashboard_view_id" in view else {}
    return {
        **_partial(view),
        **{key: view[key] for key in (*fields, "created_time", "last_edited_time")},
        **authors,
        **more,
        "url": f"{world.simulator.base_url}/p/{view['database_id']}?v={view['id'].replace('-', '')}",
    }


def _partial(view: Json) -> Json:
    parent = {"type": "database_id", "database_id": view["database_id"]}
    return {"object": "view", "id": view["id"], "parent": parent, "type": view["type"]}


def list_views(call: Call) -> Json:
    """GET /v1/views: needs a database or a data source; answers references."""
    world, args = call.world, call.request.args
    wanted: Json = {}
    for key, kind in (("database_id", "database"), ("data_source_id", "data_source")):
        if key in args:
            wanted[key] = world.find(call.caller, checks.object_id(args[key], f"query.{key}"), kind)["id"]
    if not wanted:
        raise invalid("query.database_id", "defined", ...)
    found = [v for v in world.state["views"].values() if all(v[key] == value for key, value in wanted.items())]
    return call.page(found, "view", lambda view: {"object": "view", "id": view["id"]})


def create(call: Call) -> Json:
    """POST /v1/views."""
    world = call.world
    body = call.body(None, ("data_source_id", "name", "type"))
    places = [key for key in _PLACES if key in body]
    if len(places) != 1:
        raise validation_error("Provide exactly one of database_id, view_id or create_database.")
    source_id = checks.object_id(body["data_source_id"], "body.data_source_id")
    source = world.find(call.caller, source_id, "data_source")
    kind = checks.one_of(body["type"], "body.type", TYPES)
    fields = {**_fields(call, source, body), "type": kind}
    place = places[0]
    if place == "create_database":
        raise validation_error("The simulator makes no linked databases: use database_id.")
    if place == "view_id":
        dashboard = _find(call, checks.object_id(body["view_id"], "body.view_id"))
        if dashboard["type"] != "dashboard":
            raise validation_error("body.view_id should be a dashboard view.")
        fields["dashboard_view_id"] = dashboard["id"]
        database = world.nodes[dashboard["database_id"]]
    else:
        database = world.find(call.caller, checks.object_id(body["database_id"], "body.database_id"), "database")
    view = _new(world, database, source, call.caller, fields)
    world.effect("view.create", call.caller, id=view["id"], database_id=database["id"], name=view["name"], type=kind)
    _announce(call, view, "created", {"view_type": kind})
    call.committed = {"committed_resource_id": view["id"]}
    return render_view(world, view)


def _announce(call: Call, view: Json, what: str, data: Json) -> None:
    database = call.world.nodes[view["database_id"]]
    about = {**database, "entity": {"id": view["id"], "type": "view"}}
    parent = {"id": database["id"], "type": "database", "data_source_id": view["data_source_id"]}
    call.world.announce(f"view.{what}", about, call.caller, {"parent": parent, **data})


def _fields(call: Call, source: Json, body: Json) -> Json:
    """Check what a view is made of; filters and sorts have the shape of a query's."""
    taken: Json = {}
    context = comparing.Context(source["columns"], call.world, call.world.simulator.now(), call.caller.id)
    if "name" in body:
        taken["name"] = checks.string(body["name"], "body.name", checks.LONGEST_TEXT)
    if body.get("filter") is not None:
        query.filter_of(context, body["filter"], "body.filter")
    if body.get("sorts") is not None:
        query.sort_rows(context, [], body["sorts"])
    for key in ("quick_filters", "configuration"):
        if body.get(key) is not None:
            checks.check_object(body[key], f"body.{key}", ("type",) if key == "configuration" else ())
    return {**taken, **{key: body[key] for key in _FIELDS if key in body and key != "name"}}


def _find(call: Call, view_id: str) -> Json:
    view: Json | None = call.world.state["views"].get(view_id)
    database = call.world.nodes.get(view["database_id"]) if view else None
    if view is None or database is None or not call.world.sees(call.caller, database):
        raise missing("view", view_id)
    return view


def get(call: Call, view_id: str) -> Json:
    """GET /v1/views/{id}."""
    return render_view(call.world, _find(call, path_id(view_id, "view_id")))


def update(call: Call, view_id: str) -> Json:
    """PATCH /v1/views/{id}; the type of a view never changes."""
    view = _find(call, path_id(view_id, "view_id"))
    body = call.body(None)
    if "type" in body:
        raise invalid("body.type", "not present", body["type"])
    taken = _fields(call, call.world.nodes[view["data_source_id"]], body)
    view.update(taken, last_edited_time=call.world.minute(), last_edited_by=call.caller.author)
    call.world.effect("view.update", call.caller, id=view["id"], changed=sorted(taken))
    changed = [key if key != "quick_filters" else "filter" for key in taken]
    _announce(call, view, "updated", {"updated_fields": list(dict.fromkeys(changed))})
    return render_view(call.world, view)


def delete(call: Call, view_id: str) -> Json:
    """DELETE /v1/views/{id}; a database keeps one view."""
    world = call.world
    view = _find(call, path_id(view_id, "view_id"))
    if sum(other["database_id"] == view["database_id"] for other in world.state["views"].values()) == 1:
        raise validation_error("Cannot delete the last view of a database.")
    del world.state["views"][view["id"]]
    world.effect("view.delete", call.caller, id=view["id"])
    _announce(call, view, "deleted", {})
    return _partial(view)


def ask(call: Call, view_id: str) -> Json:
    """POST /v1/views/{id}/queries: run the view's filter and sorts once and keep the rows' ids for a while."""
    world = call.world
    view = _find(call, path_id(view_id, "view_id"))
    source = world.nodes[view["data_source_id"]]
    context = comparing.Context(source["columns"], world, world.simulator.now(), call.caller.id)
    rows = [world.nodes[row] for row in source["children"] if not world.nodes[row]["in_trash"]]
    if view["filter"] is not None:
        keeps = query.filter_of(context, view["filter"], "filter")
        rows = [row for row in rows if keeps(row)]
    rows = query.sort_rows(context, rows, view["sorts"] or [])
    cap = int(world.state["config"]["query_cap"])
    until = world.simulator.now() + timedelta(seconds=float(world.state["config"]["view_query_s"]))
    asked = {
        "id": world.new_id(),
        "view_id": view["id"],
        "until": until.timestamp(),
        "rows": [row["id"] for row in rows[:cap]],
        "complete": len(rows) <= cap,
    }
    world.state["view_queries"][asked["id"]] = asked
    world.simulator.touch()
    call.list_path = f"{call.request.path}/{asked['id']}"
    first = call.page(asked["rows"], "page", _reference, request_status=_status(asked))
    return {
        "object": "view_query",
        "id": asked["id"],
        "view_id": view["id"],
        "expires_at": until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "total_count": len(asked["rows"]),
        **{key: first[key] for key in ("results", "next_cursor", "has_more", "request_status")},
    }


def _reference(page_id: str) -> Json:
    return {"object": "page", "id": page_id}


def _status(asked: Json) -> Json:
    if asked["complete"]:
        return {"type": "complete"}
    return {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}


def _find_query(call: Call, view_id: str, query_id: str) -> Json:
    view = _find(call, path_id(view_id, "view_id"))
    target = path_id(query_id, "query_id")
    asked: Json | None = call.world.state["view_queries"].get(target)
    if asked is None or asked["view_id"] != view["id"] or asked["until"] < call.world.simulator.now().timestamp():
        raise missing("view query", target)
    return asked


def results(call: Call, view_id: str, query_id: str) -> Json:
    """GET /v1/views/{id}/queries/{query_id}; 404 once it has expired."""
    asked = _find_query(call, view_id, query_id)
    return call.page(asked["rows"], "page", _reference, request_status=_status(asked))


def forget(call: Call, view_id: str, query_id: str) -> Json:
    """DELETE /v1/views/{id}/queries/{query_id}: a success for one that is gone too (reference/delete-view-query)."""
    _find(call, path_id(view_id, "view_id"))
    target = path_id(query_id, "query_id")
    call.world.state["view_queries"].pop(target, None)
    call.world.simulator.touch()
    return {"object": "view_query", "id": target, "deleted": True}
