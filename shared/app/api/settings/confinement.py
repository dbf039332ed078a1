"""The page of Notion outside of which nothing is written: look at it, choose it, lift it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import closed, text
from shared.app.api.run.run_views import shown
from shared.app.api.settings.tenant_databases import IN_NOTION, notion_id
from shared.app.confinement.settings import confine, confined_to

CONFINE = closed({"page": {**IN_NOTION, "default": ""}})
VIEWS: Mapping[str, Any] = {
    "Confinement": shown({"confined_to": text(what="The page; empty where writes may go anywhere that is shared.")})
}


def show_confinement(call: Call) -> ApiReply:
    """Return the page that writes to Notion are confined to."""
    return ApiReply(body={"confined_to": confined_to(call.deps, call.tenant)})


def change_confinement(call: Call) -> ApiReply:
    """Confine writes to a page and what is in it; without a page lift that."""
    confine(call.deps, call.tenant, notion_id(call.body["page"]), call.who.name)
    return ApiReply(body={"confined_to": confined_to(call.deps, call.tenant)})
