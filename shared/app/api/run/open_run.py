"""Open a run over the API: for a page of Ideas, or for a text that becomes one."""

from __future__ import annotations

import secrets as random_source

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import shape, text
from shared.app.api.run.runs import reply_with_run
from shared.app.api.settings.tenant_databases import IN_NOTION, notion_id
from shared.core.errors import Conflicting

_MAX_TEXT = 50_000
OPEN = shape(
    page={**IN_NOTION, "default": "", "description": "A page of Ideas: its id, or its link as copied from Notion."},
    markdown=text(max_length=_MAX_TEXT, default="", what="What is wanted; it becomes a page of Ideas."),
    title=text("^[^\\u0000-\\u001f\\u007f]*$", max_length=200, default="", what="Its title; else its first heading."),
)


def open_run(call: Call) -> ApiReply:
    """Open the run of a page, or write a page and open its run; a page whose run is under way keeps it."""
    from shared.app.intake.open_by_hand import open_for_page, open_for_text  # what it needs is heavy, and few calls do

    page, markdown = call.body["page"], call.body["markdown"]
    if bool(page) == bool(markdown):
        raise Conflicting("the body must have one of 'page' and 'markdown'", way_out="Send exactly one of them.")
    if page:
        return reply_with_run(call, open_for_page(call.deps, call.tools(), call.tenant, notion_id(page), call.who.name))
    named = call.request.header("idempotency-key")
    request = f"{call.who.key}.{named}" if named else random_source.token_hex(16)
    title, by = call.body["title"], call.who.name
    return reply_with_run(call, open_for_text(call.deps, call.tools(), call.tenant, markdown, title, by, request))
