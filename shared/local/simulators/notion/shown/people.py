"""The pages for people: the tree of a workspace, one page with its blocks and forms, one database as a table."""

from html import escape
from typing import Any, Protocol

from werkzeug.wrappers import Request, Response

from shared.local.simulators.notion.shown import people_forms
from shared.local.simulators.notion.shown.people_blocks import attachments, blocks_html, rich
from shared.local.simulators.notion.shown.people_style import page
from shared.local.simulators.notion.tables import values
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_MAX_ROWS = 200


class House(Protocol):
    """What these pages need of the simulator."""

    world: World

    def as_person(self, person_id: str, method: str, path: str, body: Any = None) -> Response:
        """Make an API-shaped call as a person."""
        ...


def answer(house: House, request: Request) -> Response:
    """Answer a browser; forms are taken only from our own pages."""
    parts = request.path.strip("/").split("/")
    if request.method == "POST":
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return _message("Forms are only taken from this page.", 403)
        return _answer_post(house, request, parts)
    if parts == [""]:
        return page("Notion (simulated)", _header(house, request, []) + _tree(house.world))
    node = house.world.nodes.get(parts[1]) if len(parts) == 2 and parts[0] == "p" else None
    if node is None or node["object"] == "block":
        return _message("There is no such page.", 404)
    if node["object"] == "page":
        return _page(house, request, node)
    return _database(house, request, node)


def _message(text: str, status: int) -> Response:
    body = f'<main class="narrow"><h1>{escape(text)}</h1><p><a href="/">To all pages</a></p></main>'
    return page(text, body, status)


def _person(house: House, request: Request, workspace_id: str | None = None) -> Json | None:
    people = [p for p in house.world.state["people"].values() if workspace_id in (None, p["workspace_id"])]
    chosen = request.cookies.get("person")
    return next((p for p in people if p["id"] == chosen), people[0] if people else None)


def _answer_post(house: House, request: Request, parts: list[str]) -> Response:
    if parts == ["as"]:
        back = Response(status=303, headers={"Location": request.form.get("back", "/")[:200]})
        if not back.headers["Location"].startswith("/p/"):
            back.headers["Location"] = "/"
        back.set_cookie("person", request.form.get("person", ""), httponly=True, samesite="Strict")
        return back
    node = house.world.nodes.get(parts[1]) if len(parts) == 2 and parts[0] == "p" else None
    person = _person(house, request, node["workspace_id"]) if node else None
    if node is None or person is None:
        return _message("There is no such page.", 404)
    call = people_forms.call_of(house.world, node, request.form)
    if call is None:
        return _message("This form was not understood.", 400)
    done = house.as_person(person["id"], *call)
    if done.status_code >= 400:
        return _message(str((done.get_json() or {}).get("message", "That did not work.")), 400)
    return Response(status=303, headers={"Location": f"/p/{node['id']}"})


def _header(house: House, request: Request, trail: list[Json], workspace_id: str | None = None) -> str:
    crumbs = '<a href="/">All pages</a>' + "".join(
        f' <span class="soft">/</span> <a href="/p/{n["id"]}">{escape(house.world.title(n) or "Untitled")}</a>'
        for n in trail
    )
    me = _person(house, request, workspace_id)
    people = [p for p in house.world.state["people"].values() if workspace_id in (None, p["workspace_id"])]
    options = "".join(
        f'<option value="{p["id"]}"{" selected" if me and p["id"] == me["id"] else ""}>{escape(p["name"])}</option>'
        for p in people
    )
    back = f'<input type="hidden" name="back" value="{escape(request.path)}">'
    form = (
        f'<form method="post" action="/as">{back}<label>You are <select name="person">{options}</select></label> '
        "<button>Switch</button></form>"
    )
    return f'<header><nav class="crumbs">{crumbs}</nav>{form if people else ""}</header>'


def _tree(world: World) -> str:
    html = ""
    for workspace in world.state["workspaces"].values():
        mine = [n for n in world.nodes.scan() if n["workspace_id"] == workspace["id"]]
        top = [n for n in mine if n["parent"]["type"] == "workspace" and not n["in_trash"]]
        html += f'<h1>{escape(workspace["name"])}</h1><ul class="tree">{"".join(_branch(world, n) for n in top)}</ul>'
    return f"<main>{html or '<h1>No workspace yet</h1><p>POST /_seed makes one.</p>'}</main>"


def _branch(world: World, node: Json) -> str:
    sources = [world.nodes[source] for source in node.get("data_sources", [])]
    below = [world.nodes[child] for holder in (sources or [node]) for child in holder["children"]]
    below = [child for child in below if child["object"] != "block" and not child["in_trash"]]
    inner = "".join(_branch(world, child) for child in below[:_MAX_ROWS])
    sign = "▤" if node["object"] == "database" else "▢"
    title = escape(world.title(node) or "Untitled")
    item = f'<span class="kind" aria-hidden="true">{sign}</span><a href="/p/{node["id"]}">{title}</a>'
    return f"<li>{item}{f'<ul>{inner}</ul>' if inner else ''}</li>"


def _trail(world: World, node: Json) -> list[Json]:
    return [above for above in world.up(node) if above["object"] in ("page", "database")][:0:-1]


def _page(house: House, request: Request, node: Json) -> Response:
    world = house.world
    title = world.title(node) or "Untitled"
    icon = escape((node["icon"] or {}).get("emoji", ""))
    trash = '<p class="callout">This page is in the trash.</p>' if world.is_trashed(node) else ""
    properties = "".join(people_forms.property_html(world, node, column) for column in world.columns(node))
    body = blocks_html(world, node) or '<p class="soft">Nothing here yet.</p>'
    comments = [c for c in world.state["comments"].scan() if c["page_id"] == node["id"]]
    shown_comments = "".join(
        f'<div class="comment"><p class="soft">{escape(world.name_of("user", c["created_by"]["id"]))} · '
        f'{escape(c["created_time"][:16].replace("T", " "))}</p><div class="words">{rich(c["rich_text"])}</div>'
        f"{attachments(world, c)}</div>"
        for c in comments
    )
    header = _header(house, request, _trail(world, node), node["workspace_id"])
    html = (
        f'{header}<main>{trash}<h1>{icon} {escape(title)}</h1><section class="props">{properties}</section>'
        f"<article>{body}</article>{people_forms.APPEND}"
        f'<h2 class="label">Comments</h2>{shown_comments}{people_forms.COMMENT}</main>'
    )
    return page(title, html)


def _database(house: House, request: Request, node: Json) -> Response:
    world = house.world
    database = world.nodes[node["parent"]["database_id"]] if node["object"] == "data_source" else node
    tables = "".join(_table(world, world.nodes[source]) for source in database["data_sources"])
    title = world.title(database) or "Untitled"
    header = _header(house, request, _trail(world, database), node["workspace_id"])
    words = f"<p>{rich(database['description'])}</p>" if database["description"] else ""
    return page(title, f'{header}<main class="wide"><h1>{escape(title)}</h1>{words}{tables}</main>')


def _table(world: World, source: Json) -> str:
    columns = sorted(source["columns"], key=lambda column: bool(column["type"] != "title"))
    head = "".join(f'<th scope="col">{escape(column["name"])}</th>' for column in columns)
    rows = [world.nodes[row] for row in source["children"] if not world.nodes[row]["in_trash"]]
    body = "".join(f"<tr>{''.join(_cell(world, row, column) for column in columns)}</tr>" for row in rows[-_MAX_ROWS:])
    count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f'<p class="soft">{count}</p>{people_forms.new_row(source)}'
    )


def _cell(world: World, row: Json, column: Json) -> str:
    text = escape(values.text(column, row, world))
    if column["type"] == "title":
        return f'<td><a href="/p/{row["id"]}">{text or "Untitled"}</a></td>'
    if column["type"] in ("select", "status") and text:
        return f"<td>{people_forms.pill(world, column, row)}</td>"
    if column["type"] in ("created_time", "last_edited_time"):
        text = text[:16].replace("T", " ")
    return f"<td>{text}</td>"
