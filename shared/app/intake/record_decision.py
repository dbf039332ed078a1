"""Record what was decided about a page that was looked at: most decisions are one event of its run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared import log
from shared.app.approval.answer_comments import ask_who, tell_barred
from shared.app.approval.comment_records import build_heard_put, keep_heard, load_heard
from shared.app.approval.page_edits import look_for_edits, note_edit
from shared.app.approval.short_answers import plan_anew, take_another_look
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.requeue import come_again
from shared.app.intake.obey_comments import answer_comments, ask_for_plan_as_wished, asked_at, deny, rework
from shared.app.intake.open_page_run import open_page_run
from shared.app.intake.page_look import Look
from shared.app.money.budget import plan_estimate
from shared.app.pauses.box import find_author, heed_box, turn_switch
from shared.app.planning.feedback import classify_stop, note
from shared.core.approval import intents
from shared.core.approval.intents import BY_COMMENT, Intent
from shared.core.approval.sight import SecondLook
from shared.core.pages.author import DOUBTED, Author, read_author, write_author
from shared.core.people.actor import read_by
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Trigger, derive_id


def record_decision(look: Look, intent: Intent) -> Look | None:
    """Do as decided; return the look where it is not over by that, and None where it is."""
    match intent:
        case intents.TurnSwitch():
            by = look.identify(find_author(look.seen.author, look.seen.raw)).actor
            turn_switch(look.deps, look.command.tenant, look.seen.raw, look.seen.title, by, tick=intent.tick)
        case intents.TurnBox():
            by = look.identify(find_author(look.seen.author, look.seen.raw)).actor
            run = heed_box(look.deps, look.at_work, by, look.command.id, tick=intent.tick)
            return replace(look.knowing(ticked=None), run=run)
        case intents.Open() | intents.BreakChain() | intents.ListenAfterEnd():
            _begin(look, intent)
        case intents.LookLater() | intents.LookForEdits() | intents.NoteEdit() | intents.TakeNote():
            return _notice(look, intent)
        case intents.Approve() | intents.Bar() | intents.Answer() | intents.Doubt() | intents.AskWho():
            _decide(look, intent)
        case intents.Cancel():
            by = look.identify(intent.by).actor
            note(look.deps, look.at_work, classify_stop(look.at_work), by.name, cause="cancel")
            _record(look, acts.CancelRequested(look.deps.clock.now(), by.name, intent.why, actor=by))
        case intents.Deny():
            deny(look, intent)
        case intents.Replan() | intents.ReplanAsWished() | intents.Build() | intents.Rework() | intents.LookOver():
            _plan(look, intent)
    return None


def _begin(look: Look, intent: intents.Beginning) -> None:
    tenant, seen = look.command.tenant, look.seen
    match intent:
        case intents.Open(causes, automated):
            by = look.identify(seen.author).actor
            trigger = Trigger("page", seen.page, seen.title, by.name, causes, by)
            estimate = plan_estimate(look.tools.model(tenant))
            handled = look.command.id
            open_page_run(look.deps, tenant, seen.page, trigger, estimate, handled=handled, automated=automated)
        case intents.BreakChain(last):
            log.line("WARNING", "page not planned: runs wake each other", tenant=tenant, run=last)
        case intents.ListenAfterEnd(retry, roll_back):
            from shared.app.approval.ended_comments import hear_retry, hear_roll_back  # few runs are asked for more

            if retry:
                hear_retry(look.deps, look.tools, look.at_work)
            if roll_back:
                hear_roll_back(look.deps, look.tools, look.at_work)


def _notice(look: Look, intent: intents.Noticing) -> Look | None:
    deps, tools, run, handled = look.deps, look.tools, look.at_work, look.command.id
    match intent:
        case intents.LookLater():
            look_later(look.command, deps)
        case intents.LookForEdits():
            look_for_edits(deps, tools, run, look.name(look.seen.author), handled)
        case intents.NoteEdit():
            assert look.view is not None
            noted = note_edit(deps, tools, run, look.view, look.name(look.seen.author), handled)
            return None if noted else look.knowing(edit_told=True)
        case intents.TakeNote(comments):
            heard = load_heard(deps, run.tenant, run.id)
            deps.store.put(run.tenant, replace(build_heard_put(run, heard, comments), expected=None))
            return look.knowing(second_look=SecondLook())
    return None


def _decide(look: Look, intent: intents.Deciding) -> None:
    deps, run = look.deps, look.at_work
    match intent:
        case intents.Approve(gate, by, via):
            _record(look, acts.ApprovalGranted(deps.clock.now(), gate, asked_at(run, gate), by.name, via, actor=by))
        case intents.Bar(gate, name, via, bar):
            if (step := run.step(gate)) is not None:
                tell_barred(deps, look.notion, run, step, name, bar)
            if via == BY_COMMENT:
                keep_heard(deps, run, look.heard, look.comments)
        case intents.Answer():
            answer_comments(look)
        case intents.Doubt(at):
            _look_once_more(look, at)
        case intents.AskWho():
            ask_who(deps, look.notion, run, look.page.status)


def _plan(look: Look, intent: intents.Planning) -> None:
    deps, tools, run, handled = look.deps, look.tools, look.at_work, look.command.id
    match intent:
        case intents.Replan(wisher, edited):
            by, actor = read_by(wisher if wisher is not None else look.identify(look.seen.author).actor)
            if edited:  # only that it was: what a page says is never taken for a preference
                note(deps, run, "edit", by, cause=f"revision {run.revision}", member=look.seen.author.decides)
            _record(look, acts.PageChanged(deps.clock.now(), by, plan_estimate(tools.model(run.tenant)), actor))
        case intents.ReplanAsWished():
            ask_for_plan_as_wished(look, intent)
        case intents.Build(by_whom):
            put = replace(build_heard_put(run, look.heard, look.comments), expected=None)
            plan_anew(deps, tools, run, look.identify(by_whom).actor, (put,), handled)
        case intents.Rework():
            rework(look, intent)
        case intents.LookOver(by_whom, comments):
            put = replace(build_heard_put(run, load_heard(deps, run.tenant, run.id), comments), expected=None)
            take_another_look(deps, tools, run, look.identify(by_whom).actor, (put,), handled)


def _look_once_more(look: Look, at: datetime) -> None:
    run, page = look.at_work, look.seen
    name = derive_id("doubt-", run.id, str(run.revision), str(page.raw.get("last_edited_time")))
    doubted = write_author(Author(DOUBTED, page.author.id, seen=True))
    look.deps.queue.enqueue([replace(look.command, id=name, topic=doubted, attempt=0, not_before=at)])


def look_later(command: Command, deps: Deps) -> None:
    """Look at the page again later; a status read then may be somebody else's, so it decides nothing."""
    author = replace(read_author(command.topic), seen=True)
    come_again(replace(command, topic=write_author(author)), deps)


def _record(look: Look, event: ev.Event) -> None:
    record(look.deps, look.command.tenant, look.at_work.id, event, handled=look.command.id)
