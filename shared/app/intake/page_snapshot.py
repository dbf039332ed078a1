"""A page as it is now, read again after a change, and who changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record
from shared.app.intake.refused_places import let_in, note_page_refused
from shared.app.workspace.workspace_databases import Mapped, map_page
from shared.app.workspace.workspace_schemas import IDEAS
from shared.core.errors import Missing, NotAllowed, Rejected
from shared.core.pages.author import Author, read_author
from shared.core.run.commands import Command
from shared.core.text.outgoing_text import visible
from shared.integrations.notion.client.client import Notion


@dataclass(frozen=True, slots=True)
class SeenPage:
    """The page as it is now, and who changed it."""

    page: str
    title: str
    status: str
    author: Author
    raw: Mapping[str, Any]
    mapped: Mapped | None  # the database of ours it is a row of


def see_page(command: Command, deps: Deps, tools: Tools) -> SeenPage | None:
    """Read the page; None when it is gone or not shared with us. Only the status of an idea asks for things."""
    try:
        raw = tools.accounts.connect_for(command.tenant)(Notion).page(command.ref)
    except NotAllowed:  # for good
        if page_record(deps, command.tenant, command.ref).run:  # one of ours: of others nobody expects anything
            note_page_refused(deps, command.tenant, command.ref)
        return None
    except (Missing, Rejected):
        return None
    settings = tools.settings(command.tenant)
    let_in(deps, command.tenant, settings, str(raw["id"]))
    if raw.get("in_trash"):
        return None
    mapped = map_page(settings, raw)
    if mapped is not None:
        let_in(deps, command.tenant, settings, mapped.data_source)
    status = mapped.status(raw) if mapped is not None and mapped.kind == IDEAS else ""
    return SeenPage(str(raw["id"]), visible(_title(raw)), status, read_author(command.topic), raw, mapped)


def _title(raw: Any) -> str:
    for value in (raw.get("properties") or {}).values():
        if value.get("type") == "title":
            return "".join(part.get("plain_text", "") for part in value["title"])
    return ""
