"""The pages of a workspace over the API: which there are, and one of them as it is now."""

from __future__ import annotations

from typing import Any

from shared.app.api.cursors import CURSOR, NEXT_CURSOR, open_place, seal_place
from shared.app.api.exchange import ApiReply, Call, compute_tag, knows_tag
from shared.app.api.json_shapes import COUNT, FLAG, TEXTS, array, choice, explain, members, number, ref, text
from shared.app.api.route import Route
from shared.app.workspace.known_pages import KnownPage, KnownPages, look_at_text, read_text
from shared.core.documents.codec import to_body
from shared.mind.safety.redaction import Redactor
from shared.ports.documents import tenant_settings

_PAGE = {
    "id": text(),
    "kind": choice("page", "database"),
    "title": text(),
    "url": text(what="Where people find it."),
    "path": {**TEXTS, "description": "The titles of what it is in, from the top of the workspace."},
    "edited_at": text(what="When it was edited last, to the minute, as far as we know; empty if that is not known."),
    "table": text(what="Which of the team's databases it is a row of, such as ideas or routines; empty for none."),
    "tracked": explain(FLAG, "Whether something comes of what happens to it: a row of such a database, or runs."),
    "run": text(what="Its latest run; empty for none."),
    "runs": explain(COUNT, "How many runs it had; GET /v1/runs?project=ID lists them."),
}
VIEWS: dict[str, Any] = {
    "KnownPage": members(**_PAGE),
    "Pages": members(pages=array(ref("KnownPage")), next_cursor=NEXT_CURSOR),
    "PageText": members(
        **_PAGE,
        markdown=text(what="Its text in Notion's Markdown; secrets are placeholders."),
        cut=explain(FLAG, "Whether Notion gives only a part: a page beyond about 20,000 blocks."),
    ),
}
_QUERY = {
    "text": text(max_length=200, what="Only pages with this in their title."),
    "limit": number(1, 200, 50),
    "cursor": CURSOR,
}


def list_pages(call: Call) -> ApiReply:
    """Return the pages that may be shown, by their ids; a part may hold fewer than asked for, and others follow."""
    wanted = call.query.get("text", "")
    asked = {"text": wanted}
    after = open_place(call, "pages", call.query["cursor"], asked) if "cursor" in call.query else ""
    settings = to_body(tenant_settings(call.deps.store, call.tenant))  # no tool is needed: they take long to load
    pages = KnownPages(call.deps, call.tenant, settings)
    found, last = pages.list_page(wanted, after, call.query["limit"])
    following = seal_place(call, "pages", last, asked) if last else None
    return ApiReply(body={"pages": [_view(each) for each in found], "next_cursor": following})


def show_page(call: Call) -> ApiReply:
    """Return a page as Notion has it now. Its ETag is of its last edit, so that what is unchanged is not read again."""
    tools = call.tools()
    page = look_at_text(call.deps, tools, call.tenant, call.parts["page"])
    about = {**_view(page.known), "title": page.title, "edited_at": page.edited_at}
    tag = "" if page.blurred else compute_tag(ApiReply(body=about))
    if tag and knows_tag(call.request, tag):
        return ApiReply(304, headers={"ETag": tag})
    markdown, cut = read_text(tools, call.tenant, call.parts["page"])
    body = {**about, "markdown": Redactor().hide(markdown), "cut": cut}
    return ApiReply(body=body, headers={"ETag": tag} if tag else {})


def _view(known: KnownPage) -> dict[str, Any]:
    return {
        "id": known.place.id,
        "kind": known.place.kind,
        "title": known.place.title,
        "url": known.url,
        "path": list(known.path),
        "edited_at": known.place.version,
        "table": known.table,
        "tracked": known.is_tracked,
        "run": known.run,
        "runs": known.runs,
    }


PAGE_ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/v1/pages", "knowledge.read", list_pages, "List the pages of the workspace", "Pages", query=_QUERY,
        errors=(404,),
    ),
    Route(
        "GET", "/v1/pages/{page}", "knowledge.read", show_page, "Get a page as it is now, in Markdown", "PageText",
        errors=(409,),
    ),
)  # fmt: skip
