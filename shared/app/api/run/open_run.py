"""Open a run over the API: for a page of Ideas, or for a text that becomes one."""

from __future__ import annotations

import secrets as random_source
from types import ModuleType

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import shape, text
from shared.app.api.run.runs import reply_with_run
from shared.app.api.settings.tenant_databases import IN_NOTION, notion_id
from shared.core.errors import Conflicting
from shared.core.people.actor import Actor
from shared.core.run.run import Run

_MAX_TEXT = 50_000
OPEN = shape(
    page={**IN_NOTION, "default": "", "description": "A page of Ideas: its id, or its link as copied from Notion."},
    markdown=text(max_length=_MAX_TEXT, default="", what="What is wanted; it becomes a page of Ideas."),
    title=text("^[^\\u0000-\\u001f\\u007f]*$", max_length=200, default="", what="Its title; else its first heading."),
)


def open_run(call: Call) -> ApiReply:
    """Open the run of a page, or write a page and open its run; a page whose run is under way keeps it."""
    page, markdown = call.body["page"], call.body["markdown"]
    if bool(page) == bool(markdown):
        raise Conflicting("the body must have one of 'page' and 'markdown'", way_out="Send exactly one of them.")
    if page:
        return reply_with_run(
            call, _load_opening().open_for_page(call.deps, call.tools(), call.tenant, notion_id(page), call.who.actor)
        )
    named = call.request.header("idempotency-key")
    request = f"{call.who.key}.{named}" if named else random_source.token_hex(16)
    return reply_with_run(call, open_text(call, call.tenant, call.who.actor, markdown, request, call.body["title"]))


def open_text(call: Call, tenant: str, who: Actor, markdown: str, request: str, title: str = "") -> Run:
    """Write a text as a page of a team's Ideas and open its run; the same `request` again writes no second page."""
    run: Run = _load_opening().open_for_text(call.deps, call.tools(), tenant, markdown, title, who, request)
    return run


def _load_opening() -> ModuleType:
    from shared.app.intake import open_by_hand  # what it needs is heavy, and few calls need it

    return open_by_hand
