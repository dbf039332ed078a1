"""Notion refuses something for good: its owners are told once, and it is left alone until somebody acts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record
from shared.app.notify.channels import Channels
from shared.app.notify.messages import HIGH, Message
from shared.app.planning.make_plan import ROUTINES
from shared.app.workspace.workspace_databases import PLANNING, kind_of
from shared.app.workspace.workspace_schemas import SCHEMAS
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import derived_id

REFUSED = (
    "page_refused"  # a topic that belongs to a tenant and to no run; `ref` is the page, or what else, and since when
)
_MAX_TITLE = 200


def announce_refused(deps: Deps, tenant: str, what: str, since: str = "") -> None:
    """Have the owners told that Notion does not let us at this page, table or plan of the day. Twice is once.

    What came back and is refused again is told again: `since` tells the one time from the other.
    """
    ref = f"{what}.{since}" if since else what
    deps.queue.enqueue([Command(derived_id("refused-", tenant, ref), NOTIFY, "notify", tenant, topic=REFUSED, ref=ref)])


def tell_refused(command: Command, deps: Deps, tools: Tools) -> None:
    """Tell the owners, once for each refusal; one who cannot be reached now is told later.

    Raises what a later attempt may not meet.
    """
    scope = f"refused.{command.ref}"
    with lease(deps, command.tenant, scope):
        connect = tools.accounts.connect_for(command.tenant)
        settings = tools.settings(command.tenant)
        message = _message_about(deps, command.tenant, settings, command.ref.partition(".")[0])
        channels = Channels(deps, connect, scope, message, {"tenant": command.tenant}, label="notify.refused")
        channels.tell_all(owners(settings))


def owners(settings: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the people who own the team's installation; everybody where nobody is called its owner."""
    people = settings.get("people", ())
    return [person for person in people if person.get("role") == "owner"] or list(people)


def known_page(deps: Deps, tenant: str, page: str) -> tuple[bool, str]:
    """Return whether the page is a routine, and the title it had when it could be read."""
    doc = deps.store.get(tenant, ROUTINES, page)
    if doc is not None:
        return True, str(doc.body.get("title") or "")
    run = page_record(deps, tenant, page).run
    loaded = deps.store.load_run(tenant, run) if run else None
    return False, loaded.run.trigger.title if loaded is not None else ""


def _message_about(deps: Deps, tenant: str, settings: Mapping[str, Any], what: str) -> Message:
    if what == PLANNING:
        return _about_planning()
    if kind := kind_of(settings, what):
        return _about_table(SCHEMAS[kind].title)
    return _message(*known_page(deps, tenant, what))


def _about_planning() -> Message:
    lines = (
        "Notion does not let us do what the plan of the day needs: read your Tasks, or write a page beside them.",
        "Nothing is planned until that changes, and nothing is lost.",
        "Give the connection access to both (••• › Connections), then set the planning time again: days are planned "
        "from then on.",
    )
    return Message("We may not plan your days", lines, (), HIGH)


def _about_table(title: str) -> Message:
    lines = (
        f"Notion no longer lets us read the table “{title}”: it was deleted, or is not shared with our connection.",
        "We leave it alone from now on, and nothing is lost.",
        "If it is still wanted, restore it or give the connection access to it (••• › Connections), then edit one of "
        "its rows: work goes on from there.",
    )
    return Message(f"We may not read the table “{title}”", lines, (), HIGH)


def _message(routine: bool, title: str) -> Message:
    name = f"“{title[:_MAX_TITLE]}”" if title else "a page of yours"
    what = f"the routine {name}" if routine else name
    lines = (
        f"Notion no longer lets us read {what}: our connection may not, and asking again does not change that.",
        "We leave it alone from now on, and nothing is lost.",
        "Give the connection access to the page (••• › Connections), then edit the page: work goes on from there.",
    )
    return Message(f"We may not read {what}", lines, (), HIGH)
