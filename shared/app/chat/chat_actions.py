"""What a conversation can do: begin, change, approve, deny, stop and do over, each by the code that always does it.

A person speaks; a model only says which of these is meant, about one of the runs and pages it was shown. A yes is read
by rules alone, and counts for exactly the plan that this conversation has shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.app.api.run.retry import retry_run
from shared.app.approval.approvals import Asked, asked_now, decide
from shared.app.approval.comment_records import keep_heard, load_heard
from shared.app.approval.gates import ask_for_rework, find_rework_step, refuse_role
from shared.app.chat.chat_facts import plan_of, title_of
from shared.app.chat.chat_memory import MAX_ANSWER, Chat
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import open_page_run, page_record
from shared.app.money.budget import plan_estimate
from shared.app.planning.feedback import classify_stop, feedback_put, note
from shared.app.planning.make_plan import is_made_by_rules
from shared.core.approval.gates import waits_at
from shared.core.approval.short_words import says_from_start
from shared.core.chat import chat_words as words
from shared.core.chat.chat_words import say
from shared.core.documents.comment_records import Wish
from shared.core.errors import Busy, RequestError
from shared.core.pages.author import PERSON, read_author
from shared.core.people.actor import read_by
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus, Trigger

_CHANGEABLE = (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT)


@dataclass(frozen=True, slots=True)
class Deed:
    """What came of it: our words, what was done ("" for nothing), and the run and page that are spoken of now."""

    text: str
    did: str = ""
    run: str = ""
    page: str = ""
    shown: str = ""


def act(
    deps: Deps, tools: Tools, tenant: str, chat: Chat, intent: str, target: Run | None, wish: str, turn: str
) -> Deed:
    """Do what is meant with the run, or the page, that is meant; what cannot be done is said, not raised."""
    try:
        _refuse_speaker(chat)
        match intent:
            case words.START:
                return _start(deps, tools, tenant, chat)
            case words.CHANGE if target is not None:
                return _change(deps, tools, chat, target, wish, turn)
            case words.CANCEL if target is not None:
                return _cancel(deps, chat, target)
            case words.DENY if target is not None:
                return _decide(deps, chat, target, approve=False)
            case words.RETRY if target is not None:
                anew = says_from_start(wish)
                again = retry_run(deps, lambda: tools, tenant, target.id, chat.actor, from_start=anew)
                return Deed(
                    say("retried", chat.language, title=title_of(again)), words.RETRY, again.id, again.trigger.page
                )
    except RequestError as error:
        return Deed(say("cannot", chat.language, why=f"{error} {error.way_out}".strip()))
    except Busy as error:
        return Deed(say("cannot", chat.language, why=f"{error}; try again in a moment"))
    return Deed(say("none", chat.language))


def approve(deps: Deps, chat: Chat, run: Run) -> Deed:
    """Approve, if this is the plan that the conversation has shown; else show it, and approve nothing."""
    try:
        _refuse_speaker(chat)
        return _decide(deps, chat, run, approve=True)
    except RequestError as error:
        return Deed(say("cannot", chat.language, why=f"{error} {error.way_out}".strip()))


def _refuse_speaker(chat: Chat) -> None:
    if chat.speaker is not None:
        refuse_role(chat.speaker.role)


def show(deps: Deps, chat: Chat, run: Run) -> Deed:
    """Show the plan that waits, so that a yes can be about it.

    In a thread of comments a yes is about the plan on that page alone (`plan_comments`): no other one is shown there.
    """
    if read_author(chat.by).kind == PERSON and run.trigger.page != chat.page:
        return Deed(say("elsewhere", chat.language, title=title_of(run)))
    text = say("show", chat.language, title=title_of(run), plan=plan_of(deps, run))
    if len(text) > MAX_ANSWER:  # nobody says yes here to what cannot be shown whole
        return Deed(say("long", chat.language, title=title_of(run)), "", run.id, run.trigger.page)
    return Deed(text, "", run.id, run.trigger.page, _name_of(asked_now(run)))


def mark_shown(chat: Chat, run: Run) -> Chat:
    """Return the conversation as if it had shown what waits: a no needs no more than a yes to being asked."""
    return replace(chat, shown=_name_of(asked_now(run))) if waits_at(run) is not None else chat


def _name_of(asked: Asked) -> str:
    """Return what tells a plan that is asked about from all others: equal plans of two runs are two."""
    return f"{asked.run} {asked.gate} {asked.plan_hash}"


def _decide(deps: Deps, chat: Chat, run: Run, *, approve: bool) -> Deed:
    if waits_at(run) is None:
        return Deed(say("nothing", chat.language), "", run.id, run.trigger.page)
    asked = asked_now(run)
    if _name_of(asked) != chat.shown:
        return show(deps, chat, run)
    name, actor = read_by(chat.actor)
    decide(deps, asked, approve=approve, by=name, via="chat", actor=actor)
    name = "approved" if approve else "denied"
    did = "approve" if approve else words.DENY
    return Deed(say(name, chat.language, title=title_of(run)), did, run.id, run.trigger.page)


def _start(deps: Deps, tools: Tools, tenant: str, chat: Chat) -> Deed:
    if not chat.page:
        return Deed(say("none", chat.language))
    known = page_record(deps, tenant, chat.page)
    loaded = deps.store.load_run(tenant, known.run) if known.run else None
    if loaded is not None and not loaded.run.status.final:
        if waits_at(loaded.run) is not None:
            return show(deps, chat, loaded.run)
        state = loaded.run.status.value.replace("_", " ")
        return Deed(
            say("running", chat.language, title=title_of(loaded.run), status=state), "", loaded.run.id, chat.page
        )
    name, actor = read_by(chat.actor)
    trigger = Trigger("page", chat.page, chat.title or chat.page, name, actor=actor)
    run = open_page_run(deps, tenant, chat.page, trigger, plan_estimate(tools.model(tenant)))
    if run is None:
        return Deed(say("cannot", chat.language, why="no further run of this page may begin now"))
    return Deed(say("started", chat.language, title=title_of(run)), words.START, run.id, chat.page)


def _change(deps: Deps, tools: Tools, chat: Chat, run: Run, wish: str, turn: str) -> Deed:
    if run.status not in _CHANGEABLE:
        return Deed(say("nothing", chat.language), "", run.id, run.trigger.page)
    gate = waits_at(run)
    if gate is not None and find_rework_step(run, gate) is not None:
        if not ask_for_rework(deps, run, gate, wish, chat.actor):
            return Deed(say("nothing", chat.language), "", run.id, run.trigger.page)
        return Deed(say("changed", chat.language, title=title_of(run)), words.CHANGE, run.id, run.trigger.page)
    if is_made_by_rules(deps, run):
        return _decide(deps, chat, run, approve=False)
    heard = load_heard(deps, run.tenant, run.id)
    if turn not in heard.ids:  # before the event: the planner has to find it
        feedback = feedback_put(deps.clock.now(), run.id, "wish", chat.name, wish, cause=turn)
        keep_heard(deps, run, heard, [turn], [Wish(turn, wish, chat.name, run.revision)], [feedback])
    estimate = plan_estimate(tools.model(run.tenant))
    name, actor = read_by(chat.actor)
    record(deps, run.tenant, run.id, acts.PageChanged(deps.clock.now(), name, estimate, actor))
    return Deed(say("changed", chat.language, title=title_of(run)), words.CHANGE, run.id, run.trigger.page)


def _cancel(deps: Deps, chat: Chat, run: Run) -> Deed:
    if run.status.final:
        return Deed(say("nothing", chat.language), "", run.id, run.trigger.page)
    note(deps, run, classify_stop(run), chat.name, cause="cancel")
    name, actor = read_by(chat.actor)
    event = acts.CancelRequested(deps.clock.now(), name, "in a conversation", actor=actor)
    record(deps, run.tenant, run.id, event)
    return Deed(say("cancelled", chat.language, title=title_of(run)), words.CANCEL, run.id, run.trigger.page)
