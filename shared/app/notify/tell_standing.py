"""A run stands still because a command of it was put aside, or does not get through: the run says so, at once."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.core.errors import NotThere
from shared.core.notify.attention import (
    COMES_AGAIN,
    STANDING,
    STANDS,
    WRITTEN,
    comes_again_text,
    parse_warning,
    put_aside_text,
    standing_ref,
    was_written_about,
)
from shared.core.run import events as ev
from shared.core.run.commands import Command

TOPICS = (STANDS, COMES_AGAIN)


def note_standing(command: Command, deps: Deps) -> bool:
    """Have the run say why it stands still, wherever it is shown; return whether people are to be sent a message.

    Nothing is said of what has gone on meanwhile. People are written to once while it stands: an attempt that breaks
    each time is handed out several times, and each of them is put aside.
    """
    from shared.app.engine.execute_step import (
        find_wanted_step,  # brings every kind of step, which the API's door starts without
    )

    loaded = deps.store.load_run(command.tenant, command.run)
    if loaded is None:
        return False
    if command.topic == COMES_AGAIN:
        about, tries = parse_warning(command)
        if find_wanted_step(loaded.run, about) is not None:
            _note(deps, about, comes_again_text(about, tries))
        return False
    letters = deps.queue.dead_letters(command.tenant)
    letter = next((each for each in letters if each.command.id == command.ref), None)
    if letter is None or (letter.command.step and find_wanted_step(loaded.run, letter.command) is None):
        return False
    _note(deps, letter.command, put_aside_text(letter.command, letter.reason))
    if was_written_about(loaded.run.notices, letter.command):
        return False
    _note(deps, letter.command, letter.command.id, WRITTEN)
    return True


def note_going_on(deps: Deps, tenant: str, command: Command) -> None:
    """Have the run say no more that it stands still: somebody has let the command go on, or another did its work."""
    loaded = deps.store.load_run(tenant, command.run) if command.run else None
    if loaded is not None and loaded.run.notices.get(f"{STANDING}/{standing_ref(command)}"):
        _note(deps, command, "", WRITTEN)
        _note(deps, command, "")


def _note(deps: Deps, command: Command, text: str, topic: str = STANDING) -> None:
    event = ev.PeopleNotified(deps.clock.now(), topic, standing_ref(command), text)
    try:
        record(deps, command.tenant, command.run, event, label="standing")
    except NotThere:
        return  # deleted meanwhile
