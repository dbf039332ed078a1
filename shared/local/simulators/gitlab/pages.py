"""Pages to look at: a project's files, and its merge requests with their diff."""

import html
import re
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

_PAGE = re.compile(r"/(?P<full>[\w.-]+(?:/[\w.-]+)+?)(?:/-/merge_requests/(?P<iid>\d+))?/?")


def answer(sim: "GitLabSimulator", request: Request) -> Response | None:
    """Show a project or a merge request, to anybody: this is a simulator on the reader's own machine."""
    match = _PAGE.fullmatch(request.path)
    if match is None or request.method != "GET" or request.path.startswith(("/api/", "/oauth/", "/_")):
        return None
    with sim.lock:
        project = sim.project_named(match["full"])
        if project is None:
            return Response("Not found", 404)
        if match["iid"] is None:
            return _render_page(project["full"], _project(sim, project))
        found = next((r for r in project["requests"] if r["iid"] == int(match["iid"])), None)
        if found is None:
            return Response("Not found", 404)
        title = f"{found['title']} (!{found['iid']}, {found['state']})"
        diff = sim.bare(project).diff(found["base_sha"], found["head_sha"])
    return _render_page(title, f"<p>{_e(found['description'] or '')}</p><pre>{_e(diff)}</pre>")


def _project(sim: "GitLabSimulator", project: dict[str, Any]) -> str:
    head = project["refs"].get(f"refs/heads/{project['default_branch']}")
    listed = sim.bare(project).entries(head, recursive=True) if head else []
    files = "".join(f"<li>{_e(each.path)}</li>" for each in listed if each.kind == "blob")
    requests = "".join(
        f'<li><a href="/{_e(project["full"])}/-/merge_requests/{r["iid"]}">!{r["iid"]} {_e(r["title"])}</a></li>'
        for r in project["requests"]
    )
    return f"<h2>Files</h2><ul>{files}</ul><h2>Merge requests</h2><ul>{requests}</ul>"


def _render_page(title: str, body: str) -> Response:
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>{_e(title)}</title><h1>{_e(title)}</h1>{body}"
    return Response(page, content_type="text/html; charset=utf-8")


def _e(text: str) -> str:
    return html.escape(text)
