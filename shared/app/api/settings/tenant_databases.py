"""The tenant's databases in Notion, an owner's wish to create or adopt them, and the page that writes are confined to.

The work is done from the queue (`app/workspace/workspace_setup.py`); here the wish is kept and the outcome shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.accounts.grants import holds
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import members, shape, text
from shared.app.confinement.settings import confine, find_confinement
from shared.app.connections.access_renewal import find_way_back
from shared.app.workspace.workspace_databases import CHOOSING, WORKING, database_of
from shared.app.workspace.workspace_order import load_setup, order_databases
from shared.app.workspace.workspace_schemas import KINDS
from shared.core.documents.places import Setup
from shared.ports.documents import all_settings

NOT_BEGUN = "not begun"
IN_NOTION = text(
    "^([ -~]*[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}([?#][ -~]*)?)?$",
    max_length=500,
    what="Its id, or its link as copied from Notion.",
)
CONFINE = shape(page={**IN_NOTION, "default": ""})
CONFINEMENT = members(confined_to=text(what="The page; empty where writes may go anywhere that is shared."))
_ID = re.compile(r"(?i)[0-9a-f]{32}(?![0-9a-z])")


def show_databases(call: Call) -> ApiReply:
    """Return the databases the tenant has, and how far setting them up has got."""
    return ApiReply(body=_view(call, _load_setup(call)))


def set_up(call: Call) -> ApiReply:
    """Order databases to be created or adopted. Earlier answers stay, and so does what is there already."""
    adopt = {kind: notion_id(given) for kind, given in call.body["adopt"].items()}
    setup = order_databases(call.deps, call.tenant, notion_id(call.body["page"]), adopt, call.body["answers"])
    return ApiReply(body=_view(call, setup))


def _load_setup(call: Call) -> Setup:
    return load_setup(call.deps, call.tenant)


def _view(call: Call, setup: Setup) -> dict[str, Any]:
    known = all_settings(call.deps.store, call.tenant)
    back = find_way_back(call.deps, call.tenant, "notion")
    state = setup.state or NOT_BEGUN
    return {
        "connected": holds(call.deps.store, call.tenant, "notion"),
        "connect_url": back.url,
        "connect_command": back.command,
        "state": state,
        "problem": setup.problem or "" if state != WORKING else "",
        "databases": [found for kind in KINDS if (found := _database(known, kind))],
        "questions": list(setup.questions or ()) if state != WORKING else [],
        "pages": list(setup.pages or ()) if state == CHOOSING else [],
        "found": list(setup.found or ()) if state == CHOOSING else [],
    }


def _database(settings: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    mapped = database_of(settings, kind)
    if mapped is None:
        return None
    lost = ((settings.get("databases") or {}).get(kind) or {}).get("lost") or {}
    return {"kind": kind, "database": mapped.database, "columns": sorted(mapped.properties), "missing": sorted(lost)}


def notion_id(given: str) -> str:
    """Return the id in what people copy: the id itself, or the address of the page; the route lets in nothing else."""
    found = _ID.findall(given.replace("-", "").partition("?")[0].partition("#")[0])
    return str(found[-1]).lower() if found else ""


def show_confinement(call: Call) -> ApiReply:
    """Return the page that writes to Notion are confined to."""
    return ApiReply(body={"confined_to": find_confinement(call.deps, call.tenant)})


def change_confinement(call: Call) -> ApiReply:
    """Confine writes to a page and what is in it; without a page lift that."""
    confine(call.deps, call.tenant, notion_id(call.body["page"]), call.acting)
    return ApiReply(body={"confined_to": find_confinement(call.deps, call.tenant)})
