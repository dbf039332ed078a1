"""A page has changed: read it again, decide what it asks for, which mostly is nothing, and record that."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.engine import relay
from shared.app.engine.requeue import MAX_TIMES, patient
from shared.app.engine.tools import Tools
from shared.app.intake.find_out import find_out
from shared.app.intake.page_look import Look, begin_look
from shared.app.intake.page_snapshot import SeenPage, see_page
from shared.app.intake.record_decision import look_later, record_decision
from shared.app.schedule.routines import routine_changed
from shared.app.workspace.workspace_changed import look_at_schema
from shared.app.workspace.workspace_databases import TOPIC
from shared.app.workspace.workspace_schemas import ROUTINES
from shared.app.workspace.workspace_setup import set_up_databases
from shared.core.approval.decide import decide
from shared.core.approval.intents import Find
from shared.core.errors import Unauthorized
from shared.core.run.commands import Command
from shared.telemetry import trace


@trace.use_case
@patient
def consider_page(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the page's present state asks for. The delivery said only that something changed.

    What cannot be decided yet, or read from Notion now, comes again later. Two topics are about databases instead: that
    a schema has changed (`ref` is the data source), and that an owner wants the databases set up.
    """
    if command.topic == "schema":
        look_at_schema(command, deps, tools)
        return
    if command.topic == TOPIC:
        set_up_databases(command, deps, tools)
        return
    began = deps.clock.now()
    seen = _see_or_come_again(command, deps, tools)
    if seen is None:
        return
    if seen.mapped is not None and seen.mapped.kind == ROUTINES:
        routine_changed(deps, tools, command.tenant, seen.raw)
    look = begin_look(command, deps, tools, seen, began)
    _decide_and_record(look)
    if look.run is not None and not look.run.status.final:
        relay(deps, command.tenant, look.run.id)


def _decide_and_record(look: Look) -> None:
    """Find out no more than the decision needs: of most pages their status is enough."""
    going: Look | None = look
    while going is not None:
        intent = decide(going.page, going.run, going.seen.author, going.deps.clock.now())
        going = find_out(going, intent) if isinstance(intent, Find) else record_decision(going, intent)


def _see_or_come_again(command: Command, deps: Deps, tools: Tools) -> SeenPage | None:
    """Read the page; without a grant that holds, None, and what people did to the page waits for the grant."""
    try:
        return see_page(command, deps, tools)
    except Unauthorized:  # told about by the runs that need the grant
        if command.attempt < MAX_TIMES:
            look_later(command, deps)
        return None
