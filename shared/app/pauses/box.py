"""The box Paused on a page in Notion: a tick lets its run stand still, or all work where the page is called so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.switches import set_pause
from shared.app.workspace.workspace_databases import Mapped
from shared.app.workspace.workspace_schemas import EVERYTHING, IDEAS, PAUSED
from shared.core.pages.author import PERSON, Author
from shared.core.people.actor import By, read_by
from shared.core.run import acts
from shared.core.run.run import Run
from shared.core.text.outgoing_text import fold
from shared.ports.documents import tenant_settings

Json = Mapping[str, Any]


def is_ticked(mapped: Mapped | None, page: Json) -> bool:
    """Say whether somebody wants the work on this page to stand still."""
    return mapped is not None and mapped.kind == IDEAS and bool(mapped.value(page, PAUSED).get("checkbox"))


def is_switch(mapped: Mapped | None, page: Json, title: str) -> bool:
    """Say whether this page stands for all work: it is a row of Ideas with the box, and is called so."""
    return (
        mapped is not None
        and mapped.kind == IDEAS
        and fold(title) == fold(EVERYTHING)
        and bool(mapped.value(page, PAUSED))
    )


def turn_switch(deps: Deps, tenant: str, page: Json, title: str, by: By, *, tick: bool) -> None:
    """Pause all work of the tenant, or let it go on where it was paused on this very page."""
    settings = tenant_settings(deps.store, tenant)
    here = settings.pause_page == str(page["id"])
    if tick and not settings.paused:
        set_pause(deps, tenant, True, by, page={"page": str(page["id"]), "title": title})
    elif not tick and here:
        set_pause(deps, tenant, False, by)


def heed_box(deps: Deps, run: Run, by: By, command: str, *, tick: bool) -> Run:
    """Let the run stand still, or go on, when the box is not as it was last seen; return the run."""
    if tick == run.box:
        return run
    now, (name, actor) = deps.clock.now(), read_by(by)
    paused = acts.RunPaused(now, name, box=True, actor=actor)
    event = paused if tick else acts.RunResumed(now, name, box=True, actor=actor)
    return record(deps, run.tenant, run.id, event, handled=command)


def find_author(author: Author, page: Json) -> Author:
    """Return who to name: whoever a delivery tells of, else whoever edited the page last."""
    if author.kind == PERSON and author.id:
        return author
    editor = str((page.get("last_edited_by") or {}).get("id") or "")
    return Author(PERSON, editor) if editor else author
