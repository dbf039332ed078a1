"""Look at a page once for all that was delivered about it: keep the map of the workspace, and decide what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from shared.app.approval.late_comments import tell_late_comments
from shared.app.engine.deps import Deps
from shared.app.engine.requeue import patient
from shared.app.engine.tools import Tools
from shared.app.intake.consider_page import consider_page
from shared.app.intake.debounce import Gathered, finish_look, take_gathered
from shared.app.intake.open_page_run import page_record
from shared.app.knowledge.knowledge_marks import read_what_happened
from shared.app.wishes.overwritten_status import ask_again
from shared.app.workspace import write_journal as ledger
from shared.app.workspace.map_events import has_map, moves_in_map
from shared.app.workspace.workspace_databases import sources_of
from shared.app.workspace.workspace_map import PAGE, WorkspaceMap
from shared.core.documents.look import Happening
from shared.core.documents.places import Place
from shared.core.errors import Missing, Rejected, Unauthorized
from shared.core.pages.author import write_author
from shared.core.run.commands import CONSIDER, Command
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id
from shared.telemetry import trace


@trace.use_case
@patient
def look_at_page(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the page's present state asks for, knowing who changed it. A look that comes again finds nothing new.

    What was gathered is taken away last: a death on the way leads to the same look again, whose effects have the same
    names. What cannot be decided now comes again as `consider`, by itself.
    """
    seen = take_gathered(deps, command)
    if seen is None:
        return
    settings = tools.settings(command.tenant)
    mapped = has_map(deps, command.tenant)
    place = _find_place(command, deps, tools, seen) if mapped else None
    if mapped and any(each.type.startswith("page.") for each in seen.happenings):
        read_what_happened(deps, command.tenant, command.ref, command.id)
    status = status_property(settings)
    author = seen.decider(status, lambda each: _wrote_status(command, deps, tools, status, each))
    if author is not None and not _is_outside_tables(deps, command, seen, settings, place):
        name = derive_id(
            "see-", command.tenant, command.ref, str(command.wake)
        )  # a name of its own: the look is done only when it was taken away
        who = write_author(author)
        considered = replace(command, id=name, name=CONSIDER, topic=who, wake=0, attempt=0, not_before=None)
        consider_page(considered, deps, tools)
        ask_again(command, deps, tools, seen)
        if any(each.type == "comment.created" and each.who is not None for each in seen.happenings):
            tell_late_comments(deps, tools, command.tenant, command.ref)
    finish_look(deps, command, seen, status)


def _find_place(command: Command, deps: Deps, tools: Tools, seen: Gathered) -> Place | None:
    """Return where the page is: read anew if it may have another place now."""
    try:
        places = WorkspaceMap(deps, command.tenant, tools.accounts.connect_for(command.tenant)(Notion))
    except Unauthorized:
        return None
    if any(moves_in_map(each.type, each.properties) for each in seen.happenings):
        return places.refresh(command.ref, PAGE)
    place = places.look_up(command.ref)
    places.report()
    return place


def _is_outside_tables(
    deps: Deps, command: Command, seen: Gathered, settings: Mapping[str, Any], place: Place | None
) -> bool:
    """Say whether the page is known to be in none of the tenant's tables, so that it need not be read to learn that.

    What a delivery or a table itself says about where it is goes before the map, which may not have heard of a move.
    """
    if place is None or place.trashed or page_record(deps, command.tenant, command.ref).run:
        return False
    ours = {normal_id(each) for each in sources_of(settings)}
    return place.parent not in ours and not any(each.in_table for each in seen.happenings)


def status_property(settings: Mapping[str, Any]) -> str:
    """Return the id of the property that decides in the tenant's Ideas; "" where it is not known."""
    ideas = (settings.get("databases") or {}).get("ideas") or {}
    return str((ideas.get("properties") or {}).get("Status") or "")


def _wrote_status(command: Command, deps: Deps, tools: Tools, status: str, set_by: Happening) -> bool:
    """Say whether the status shown is what we wrote, and not since overwritten by what a person set."""
    since = None if set_by.ours_too else datetime.fromisoformat(set_by.at)
    if not ledger.wrote_since(deps, command.tenant, command.ref, since):
        return False
    try:
        page = tools.accounts.connect_for(command.tenant)(Notion).page(command.ref)
    except (Missing, Rejected, Unauthorized):
        return False
    for name, value in (page.get("properties") or {}).items():
        known = unquote(str(value.get("id", "")))
        if (known == unquote(status)) if status else name == "Status":
            return ledger.is_ours(
                deps, command.tenant, command.ref, value, name, str(value.get("id")), known, since=since
            )
    return False
