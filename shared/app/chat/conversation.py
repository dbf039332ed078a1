"""A conversation: one message in, one answer out, with what was said before, the page and the run it is about.

What decides and acts is code. A model only says what is meant, about one of the runs and pages it is shown, and words
explanations; what it chose is compared with what was said (`app/chat/chat_intent.py`). It sees no page's text on the
way to an action. Questions are answered from the workspace (`app/knowledge/ask.py`). A message that comes twice under
the same name is answered once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.app.chat.chat_actions import Deed, approve, mark_shown, show
from shared.app.chat.chat_choices import ask_back, find_pick, number_titles, read_pick
from shared.app.chat.chat_facts import facts_of, list_runs, title_of
from shared.app.chat.chat_intent import (
    Turn,
    asks_of_others,
    do_act,
    find_named,
    find_only_subject,
    obey,
    say_missing,
    to_explain,
)
from shared.app.chat.chat_memory import MAX_ANSWER, MAX_SAID, Chat, Said, keep_chat, load_chat
from shared.app.chat.chat_subjects import TOLD, collect_subjects, name_run
from shared.app.chat.chat_window import build_window_parts, slide_window
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.knowledge.ask import ask_workspace
from shared.app.money.budget import BudgetExceeded
from shared.app.money.spend import meter_model
from shared.app.planning.planner_facts.plan_places import list_known_places
from shared.app.prompts import prompt
from shared.core.approval import decision_words
from shared.core.approval.gates import waits_at
from shared.core.chat import chat_words as words
from shared.core.chat.chat_words import say
from shared.core.chat.naming import Named
from shared.core.chat.speech_rules import Doubt, read
from shared.core.chat.verbs import language_of
from shared.core.errors import Busy, Conflicting, MalformedRequest, NotThere
from shared.core.run.run import Run, RunStatus, derive_id
from shared.core.text.outgoing_text import fold, plain, visible
from shared.mind.context import Part
from shared.mind.fitting import ask_within
from shared.mind.structured import ask, schema_of
from shared.ports.model import Message, Model, ModelRequest

CHAT = "chat"  # task of the model, and name of its prompt
ANSWER_TOKENS = 1200
PROMPT_TOKENS = 6000


class Understood(BaseModel):
    """What the model says is meant."""

    model_config = ConfigDict(extra="forbid")

    intent: Literal["ask", "start", "change", "cancel", "deny", "explain", "retry", "list", "help"]
    about: str = Field(max_length=100)  # the run or the page that is meant, of those listed; "", or `NOT_LISTED`
    reply: str = Field(max_length=6000)  # of an explanation: the words
    language: str = Field(max_length=20)


def speak(deps: Deps, tools: Tools, tenant: str, chat: Chat, text: str, message: str) -> Chat:
    """Return the conversation with this message and its answer; the same message again changes nothing.

    Raises MalformedRequest for a text that says nothing, Conflicting where something else was said under this name or
    there is no money for an answer, Busy when something else was said just now, and the errors of the model.
    """
    message_text = visible(text).strip()[:MAX_SAID]
    if not message_text:
        raise MalformedRequest("field 'text' must not be empty", way_out="Write what you want to say.")
    before = chat.find_said(message)
    if before is not None and before.text != message_text:
        raise Conflicting(
            "field 'message' names a message that said something else", way_out="Give a new message a new name."
        )
    if chat.answer_to(message) is not None:
        return chat
    name = message or deps.owner()
    if before is None:
        turn = Said("user", message_text, deps.clock.now().isoformat(), name)
        chat = keep_chat(deps, tenant, replace(chat, turns=(*chat.turns, turn)))
        deps.crash_point("chat.heard/message")
    try:
        deed, language, sources = _answer(deps, tools, tenant, chat, message_text, name)
    except BudgetExceeded as error:
        raise Conflicting(
            str(error), way_out="An owner can raise the budget; a new day begins with a new one."
        ) from error
    deps.crash_point("chat.done/message")
    text = deed.text if len(deed.text) <= MAX_ANSWER else deed.text[:MAX_ANSWER] + " …"
    answer = Said("assistant", text, deps.clock.now().isoformat(), name, deed.did, deed.run, sources)
    try:
        after = slide_window(
            _record_answer(deps, tenant, chat, answer, deed, language),
            lambda: meter_model(deps, tenant, tools.model(tenant), CHAT, asker=chat.asker),
        )
        return keep_chat(deps, tenant, after)
    except Busy:  # something else was said meanwhile: what was done is told behind it
        return _tell_behind(deps, tenant, chat, answer, deed, language)


def _tell_behind(deps: Deps, tenant: str, chat: Chat, answer: Said, deed: Deed, language: str) -> Chat:
    latest = load_chat(deps, tenant, chat.id, chat.by)
    if latest is None:
        raise NotThere("this conversation has been deleted meanwhile") from None
    if latest.answer_to(answer.message) is not None:
        return latest
    return keep_chat(deps, tenant, _record_answer(deps, tenant, latest, answer, deed, language))


def _record_answer(deps: Deps, tenant: str, chat: Chat, answer: Said, deed: Deed, language: str) -> Chat:
    """Return the conversation with this answer, about the page and the run that it is about."""
    title = chat.title
    if deed.page and deed.page != chat.page:
        loaded = deps.store.load_run(tenant, deed.run)
        title = title_of(loaded.run) if loaded is not None else ""
    return replace(
        chat,
        turns=(*chat.turns, answer),
        page=deed.page or chat.page,
        title=title,
        run=deed.run or chat.run,
        shown=deed.shown or ("" if deed.did or find_pick(chat) else chat.shown),
        language=language,
    )


_Answer = tuple[Deed, str, tuple[dict[str, str], ...]]


def _answer(deps: Deps, tools: Tools, tenant: str, chat: Chat, text: str, message: str) -> _Answer:
    chat = replace(chat, language=language_of(fold(text)) or chat.language)
    around = collect_subjects(deps, tools, tenant, chat, text)
    spoken = read(text, around.titles())
    turn = Turn(deps, tools, tenant, chat, text, spoken, around, derive_id("chat-", chat.id, message), message)
    if (deed := _do_picked(turn)) is not None:
        return deed, chat.language, ()
    if decision_words.read_decision(text).answer == decision_words.Said.YES:  # by rules alone: no model says yes
        present = around.present
        spoken = replace(spoken, act=words.APPROVE, name="", marked="", doubt=Doubt.SURE)
        deed = (
            approve(deps, chat, present)
            if present is not None
            else obey(replace(turn, spoken=spoken), words.APPROVE, "")
        )
        return deed, chat.language, ()
    others = asks_of_others(turn)
    if spoken.act == words.APPROVE and not others:
        return obey(turn, words.APPROVE, ""), chat.language, ()
    model = meter_model(deps, tenant, tools.model(tenant), CHAT, asker=chat.asker)
    about = find_only_subject(turn)
    meant = _ask_for_intent(model, turn, about)
    chat = replace(chat, language=meant.language or chat.language)
    turn = replace(turn, chat=chat)
    if spoken.act in (words.LIST, words.HELP) or meant.intent in (words.LIST, words.HELP):
        return (
            _list_open_runs(turn, spoken.act if spoken.act in (words.LIST, words.HELP) else meant.intent),
            chat.language,
            (),
        )
    if others or _is_question(turn, meant.intent):
        if words.EXPLAIN in (spoken.act, meant.intent):
            return _explain(turn, model, meant, about)
        return _answer_from_workspace(deps, tools, tenant, chat, text)
    return obey(turn, meant.intent, meant.about), chat.language, ()


def _is_question(turn: Turn, intent: str) -> bool:
    """Say whether nothing is to be done: by the rules or, where these are in doubt about a question, by the model."""
    if turn.spoken.act == words.EXPLAIN:
        return True
    reads = intent in (words.ASK, words.EXPLAIN)
    return reads and (turn.spoken.act not in words.ACTS or (turn.spoken.question and turn.spoken.doubt != Doubt.SURE))


def _do_picked(turn: Turn) -> Deed | None:
    """Do what was asked back, if this is the answer to that; None where it is something new."""
    pick = find_pick(turn.chat)
    if pick is None:
        return None
    wanted = read_pick(pick, turn.text, find_named(turn, pick.act, pick.ids))
    if wanted is None:
        return None
    if not wanted:
        return Deed(say("left", turn.chat.language))
    if pick.act == words.EXPLAIN:
        run = turn.around.run(wanted)
        return Deed(facts_of(run), "", run.id, run.trigger.page) if run is not None else None
    wish, run = turn.chat.find_said(pick.message), turn.around.run(wanted)
    if pick.act == words.DENY and run is not None:
        turn = replace(turn, chat=mark_shown(turn.chat, run))
    return do_act(turn, pick.act, wanted, wish.text if wish is not None else turn.text)


def _list_open_runs(turn: Turn, intent: str) -> Deed:
    """Tell what can be said, or which runs are open, or have failed: from our own records."""
    language = turn.chat.language
    if intent == words.HELP:
        return Deed(say("help", language))
    failed = any(word in turn.text.casefold() for word in ("fail", "fehl", "scheiter", "échou", "fall"))
    named = turn.around.runs_for(words.EXPLAIN) if failed else turn.around.runs_for(words.CANCEL)
    runs = [run for each in named if (run := turn.around.run(each.id)) is not None]
    found = [run for run in runs if (run.status == RunStatus.FAILED if failed else not run.status.final)]
    name = "failed" if failed else "open"
    if not found:
        return Deed(say(f"{name}_none" if runs else "no_runs", language))
    return Deed(say(name, language, titles=number_titles([name_run(run) for run in found])))


def _ask_for_intent(model: Model, turn: Turn, about: Run | None) -> Understood:
    """Return what the model takes the message for; it is told the record of the run that it is `about`."""
    chat, message = turn.chat, turn.text
    runs, facts = list(turn.around.runs[:TOLD]), facts_of(about) if about is not None else ""
    request = ModelRequest(
        task=CHAT,
        task_class="quick",
        system=prompt(CHAT)[1],
        prompt="",
        schema=schema_of(Understood),
        data={
            "said": message,
            "titles": turn.around.titles(),
            "facts": facts,
            "language": chat.language,
        },
        max_output_tokens=ANSWER_TOKENS,
    )
    pages = "\n".join(_page_line(page, chat.page) for page in turn.around.pages[:TOLD])
    parts = [
        Part("page", "pages that may be meant", pages, share=0.2),
        Part("history", "runs, the newest first", list_runs(runs, turn.around.present), share=0.2),
        *build_window_parts(chat),
        Part("knowledge", f"the record of run {about.id}" if about is not None else "", facts, must=True),
        list_known_places(turn.deps, turn.tools.settings(turn.tenant), turn.tenant, message).part(),
        Part("input", "what is said now", message, must=True),
    ]
    (understood, _), _ = ask_within(
        model,
        lambda text: replace(request, prompt=text),
        [part for part in parts if part.text],
        lambda asked: ask(model, asked, Understood),
        answer_tokens=ANSWER_TOKENS,
        max_tokens=PROMPT_TOKENS,
        seed=turn.id,
    )
    return understood


def _page_line(page: Named, present: str) -> str:
    line = {"page": page.id, "title": page.title, **({"in": page.where} if page.where else {})}
    return json.dumps({**line, **({"present": True} if page.id == present else {})}, ensure_ascii=False)


def _explain(turn: Turn, model: Model, meant: Understood, explained: Run | None) -> _Answer:
    """Explain a run: in the model's words where it `explained` this very run, else it is asked once more with it."""
    language = turn.chat.language
    found = to_explain(turn, meant.about)
    if found is None:
        return _answer_from_workspace(
            turn.deps, turn.tools, turn.tenant, turn.chat, turn.text, missing=say_missing(turn)
        )
    if not found:
        return Deed(say("no_runs", language)), language, ()
    target = turn.around.run(found[0].id) if len(found) == 1 else None
    if target is None:
        return ask_back(turn.chat, words.EXPLAIN, found, turn.message), language, ()
    if explained is None or target.id != explained.id or meant.intent != words.EXPLAIN:
        meant = _ask_for_intent(model, turn, target)
    if waits_at(target) is not None and not meant.reply.strip():
        return show(turn.deps, turn.chat, target), language, ()
    text = plain(meant.reply.strip()) or facts_of(target)
    return Deed(text, "", target.id, target.trigger.page), language, ()


def _answer_from_workspace(
    deps: Deps, tools: Tools, tenant: str, chat: Chat, question: str, missing: str = ""
) -> _Answer:
    """Answer from the workspace; where it does not say, and a run was meant by name, say what is `missing`."""
    about = {"below": chat.project, "about": chat.title}
    found = ask_workspace(deps, tools, tenant, question, _history(chat), **about, asker=chat.asker)
    sources = tuple({"title": each.title, "url": each.url, "page": each.page} for each in found.sources)
    if found.found:
        return Deed(plain(found.text)), chat.language, sources
    if missing:
        return Deed(missing), chat.language, ()
    return Deed(say("not_in_project" if chat.project else "not_found", chat.language)), chat.language, sources


def _history(chat: Chat) -> Sequence[Message]:
    return [Message(turn.role, turn.text) for turn in chat.turns[:-1]]
