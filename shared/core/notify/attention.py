"""What whoever looks at a run has to know beside its status: why it stands still, what is unknown or was not sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.core.deliveries import SAID_AFTER, Tries
from shared.core.notify.unsent import describe_failures, describe_notice, unsent_lines
from shared.core.run.commands import ATTEMPT, MIRROR, NOTIFY, UNDO, Command
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain
from shared.core.text.sentence import end_sentence

UNCONFIRMED = "not known"  # what became of a message that was begun, is not known to be sent, and cannot be looked up
STANDING = "standing"  # the notice of why a run stands still; its ref is the step, or what else was put off
WRITTEN = "standing_told"  # that people were written to about it; beside the same ref, the command it was about
STANDS, COMES_AGAIN = "stands_still", "comes_again"  # topics: a command was put aside; it was delivered in vain so far
_WORK = {MIRROR: "its page could not be brought up to date", NOTIFY: "a message could not be sent"}

RESUME = "workwright resume"
REHEARSAL = "a rehearsal"  # who pauses a run that is only rehearsed


def attention_of(run: Run) -> tuple[str, ...]:
    """Return what to know about the run, each a sentence or two; nothing for a run that simply goes on."""
    standing = [text for key, text in run.notices.items() if key.startswith(f"{STANDING}/") and text]
    unclear = [(key, text.count(f"email:{UNCONFIRMED}")) for key, text in run.notices.items()]
    unsent = [line for key, text in run.notices.items() for line in unsent_lines(key, text)]
    paused = [pause] if (pause := pause_words(run)) else []
    doubts = [_unclear(key, count) for key, count in unclear if count]
    return (*paused, *standing, *doubts, *describe_failures(run.notices), *unsent)


def _unclear(key: str, count: int) -> str:
    mails = "the e-mail" if count == 1 else f"{count} of the e-mails"
    return (
        f"It is {UNCONFIRMED} whether {mails} about {describe_notice(key)} went out: sending was interrupted,"
        " and nothing is sent twice."
    )


def standing_ref(command: Command) -> str:
    """Return what a command that does not get through is known by in its run."""
    return command.step if command.name in (ATTEMPT, UNDO) and command.step else command.name


def put_aside_text(command: Command, reason: str) -> str:
    """Return why a run stands still whose command was put aside, and how it goes on."""
    what = _WORK.get(command.name, "a step could not be carried out")
    way_out = f"Whoever runs this installation lets it go on with: workwright replay {command.id}"
    return f"It stands still: {what}, and was put aside ({plain(reason)[:200]}). {way_out}"


def comes_again_text(command: Command, tries: Tries) -> str:
    """Return why a run goes no further just now."""
    what = _WORK.get(command.name, "a step did not get through")
    why = "the process ended meanwhile" if tries.unanswered >= tries.failed else "it failed"
    often = "1 try" if tries.all == 1 else f"{tries.all} tries"
    return f"It waits: {what} in {often}, because {why}; it is tried again, later each time."


def went_on(notices: Mapping[str, str], ref: str) -> Mapping[str, str]:
    """Return a run's notices once what had stood still goes on."""
    key = f"{STANDING}/{ref}"
    return {name: text for name, text in notices.items() if name != key} if key in notices else notices


def was_written_about(notices: Mapping[str, str], command: Command) -> bool:
    """Say whether people were written to about something else that stands still here and has not gone on since.

    Steps stand for one another: what people are to know is that the run stands, and it shows each of them itself.
    """
    own = standing_ref(command)
    kin = [own] if own in _WORK else [key for key in _refs(notices) if key not in _WORK]
    return any(notices.get(f"{WRITTEN}/{ref}", "") not in ("", command.id) for ref in kin)


def _refs(notices: Mapping[str, str]) -> list[str]:
    return [key.removeprefix(f"{WRITTEN}/") for key in notices if key.startswith(f"{WRITTEN}/")]


def came_back(notices: Mapping[str, str], ref: str) -> Mapping[str, str]:
    """Return a run's notices once an attempt of what had stood still has come back: standing again would be news."""
    return went_on({name: text for name, text in notices.items() if name != f"{WRITTEN}/{ref}"}, ref)


def telling(command: Command) -> Command | None:
    """Return the command by which people hear that this one was put aside.

    None where it belongs to no run, or is itself such a message: that one is the operator's to see.
    """
    if not command.run or command.topic in (STANDS, COMES_AGAIN):
        return None
    name = f"{STANDS}-{command.id}"
    return Command(name, NOTIFY, "notify", command.tenant, command.run, topic=STANDS, ref=command.id)


def warning(command: Command, tries: Tries) -> Command | None:
    """Return the command by which a run says that a step of it does not get through so far, or None."""
    if not command.run or command.name not in (ATTEMPT, UNDO) or tries.all != SAID_AFTER:
        return None
    ref = f"{command.name}/{tries.failed}/{tries.unanswered}"
    name = f"{COMES_AGAIN}-{command.id}"
    again = Command(name, NOTIFY, "notify", command.tenant, command.run, topic=COMES_AGAIN, ref=ref)
    return replace(again, step=command.step, attempt=command.attempt, wake=command.wake)


def parse_warning(command: Command) -> tuple[Command, Tries]:
    """Return what `warning` was about: the attempt, and how often it was delivered in vain."""
    name, failed, unanswered = command.ref.split("/")
    return replace(command, name=name, topic="", ref=""), Tries(int(failed), int(unanswered))


def pause_words(run: Run) -> str:
    """Return who has paused this run, why, and how it goes on; "" for one that is not paused."""
    pause = run.pause
    if pause is None or run.status.final:
        return ""
    if pause.by == REHEARSAL:
        return (
            f"This run is a rehearsal: nothing was written anywhere. {end_sentence(plain(pause.why)[:300])}"
            f" To let it go on in earnest: {RESUME} --run {run.id}. To end it: workwright cancel {run.id}"
        )
    go_on = "clear the box Paused on its page" if run.box else f"{RESUME} --run {run.id}"
    return f"This run is paused by {_describe_author(pause.by, pause.why)} To go on: {go_on}"


def explain_pause_of_all(by: str, why: str, go_on: str) -> str:
    """Return who has paused all work, why, and how it goes on."""
    return f"All work is paused by {_describe_author(by, why)} To go on: {go_on}"


def _describe_author(by: str, why: str) -> str:
    reason = plain(why)[:300]
    return end_sentence(f"{plain(by)[:100] or 'somebody'}{f': {reason}' if reason else ''}")
