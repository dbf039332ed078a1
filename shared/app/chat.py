"""A conversation: one message in, one answer out, with what was said before, the page and the run it is about.

What decides and acts is code. A model only says what is meant, about one of the runs and pages it is shown, and words
explanations; it sees no page's text on the way to an action. Questions are answered from the workspace (`app/ask.py`).
A message that comes twice under the same name is answered once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.app.ask import ask_workspace
from shared.app.budget import BudgetExceeded
from shared.app.chat_actions import Deed, act, approve, ask_to_stop, asked_to_stop, show
from shared.app.chat_facts import facts_of, listed, title_of
from shared.app.chat_memory import MAX_ANSWER, MAX_SAID, Chat, Said, keep_chat, load_chat
from shared.app.chat_window import said_parts, slid
from shared.app.deps import Deps
from shared.app.execute_step import Tools
from shared.app.gates import waiting_gate
from shared.app.knowledge_search import hits_for
from shared.app.open_page_run import page_record
from shared.app.prompts import prompt
from shared.app.spend import metered
from shared.core import chat_words as words
from shared.core import decision_words
from shared.core.chat_words import say
from shared.core.errors import Busy, Conflicting, MalformedRequest, NotThere
from shared.core.outgoing_text import plain, visible
from shared.core.run import Run, derived_id
from shared.mind.context import Part
from shared.mind.fitting import within
from shared.mind.structured import ask, schema_of
from shared.ports import Message, Model, ModelRequest

CHAT = "chat"  # task of the model, and name of its prompt
RUNS = 12  # that a conversation is told of, the newest
PAGES = 5
ANSWER_TOKENS = 1200
PROMPT_TOKENS = 6000


class Understood(BaseModel):
    """What the model says is meant."""

    model_config = ConfigDict(extra="forbid")

    intent: Literal["ask", "start", "change", "cancel", "deny", "explain", "retry"]
    about: str = Field(max_length=100)  # the run or the page that is meant, of those listed; "" for the present one
    reply: str = Field(max_length=6000)  # of an explanation: the words
    language: str = Field(max_length=20)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a message may be about: runs, and pages that its words are found in."""

    runs: tuple[Run, ...]
    pages: tuple[tuple[str, str], ...]  # id, title

    def run(self, wanted: str) -> Run | None:
        return next((run for run in self.runs if run.id == wanted), None)

    def title(self, wanted: str) -> str:
        return next((title for page, title in self.pages if page == wanted), "")


def speak(deps: Deps, tools: Tools, tenant: str, chat: Chat, text: str, message: str) -> Chat:
    """Return the conversation with this message and its answer; the same message again changes nothing.

    Raises MalformedRequest for a text that says nothing, Conflicting where something else was said under this name or
    there is no money for an answer, Busy when something else was said just now, and the errors of the model.
    """
    said = visible(text).strip()[:MAX_SAID]
    if not said:
        raise MalformedRequest("text: nothing is said in it", way_out="Say it in words.")
    before = chat.heard(message)
    if before is not None and before.text != said:
        raise Conflicting("message: something else was said under this name", way_out="Give what is new a new name.")
    if chat.answer_to(message) is not None:
        return chat
    name = message or deps.owner()
    if before is None:
        chat = keep_chat(
            deps, tenant, replace(chat, turns=(*chat.turns, Said("user", said, deps.clock.now().isoformat(), name)))
        )
        deps.crash_point("chat.heard/message")
    turn = derived_id("chat-", chat.id, name)
    try:
        deed, language, sources = _answered(deps, tools, tenant, chat, said, turn)
    except BudgetExceeded as error:
        raise Conflicting(str(error), way_out="An owner can raise the budget; tomorrow has its own.") from error
    deps.crash_point("chat.done/message")
    text = deed.text if len(deed.text) <= MAX_ANSWER else deed.text[:MAX_ANSWER] + " …"
    answer = Said("assistant", text, deps.clock.now().isoformat(), name, deed.did, deed.run, sources)
    try:
        after = slid(
            _after(deps, tenant, chat, answer, deed, language), lambda: metered(deps, tenant, tools.model(tenant), CHAT)
        )
        return keep_chat(deps, tenant, after)
    except Busy:  # something else was said meanwhile: what was done is told behind it
        latest = load_chat(deps, tenant, chat.id, chat.by)
        if latest is None:
            raise NotThere("this conversation was deleted meanwhile") from None
        if latest.answer_to(name) is not None:
            return latest
        return keep_chat(deps, tenant, _after(deps, tenant, latest, answer, deed, language))


def _after(deps: Deps, tenant: str, chat: Chat, answer: Said, deed: Deed, language: str) -> Chat:
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
        shown=deed.shown or ("" if deed.did or asked_to_stop(chat) else chat.shown),
        language=language,
    )


_Answer = tuple[Deed, str, tuple[dict[str, str], ...]]


def _answered(deps: Deps, tools: Tools, tenant: str, chat: Chat, said: str, turn: str) -> _Answer:
    around = _around(deps, tools, tenant, chat, said)
    present = _present(deps, tenant, chat, around)
    decision = decision_words.read_decision(said).said
    if decision == decision_words.Said.YES:  # by rules alone: no model says yes for anybody
        if stopping := asked_to_stop(chat):
            loaded = deps.store.load_run(tenant, stopping)
            target = loaded.run if loaded is not None else None
            return act(deps, tools, tenant, chat, words.CANCEL, target, "", turn), chat.language, ()
        if present is None:
            return Deed(say("nothing", chat.language)), chat.language, ()
        return approve(deps, chat, present), chat.language, ()
    model = metered(deps, tenant, tools.model(tenant), CHAT)
    meant = _understood(model, chat, said, around, present, turn)
    language = meant.language or chat.language
    chat = replace(chat, language=language)
    if meant.intent == words.ASK:
        return _asked(deps, tools, tenant, chat, said)
    if meant.intent == words.EXPLAIN:
        return _explained(deps, model, chat, said, around, _meant(meant, around, present), turn, meant)
    if meant.intent == words.START:
        page = meant.about if around.title(meant.about) else chat.page
        title = around.title(page) or chat.title
        return (
            act(deps, tools, tenant, replace(chat, page=page, title=title), words.START, None, "", turn),
            language,
            (),
        )
    target = _meant(meant, around, present)
    if target is None and around.runs:
        titles = "; ".join(f"“{title_of(run)}”" for run in around.runs[:5])
        return Deed(say("which", language, titles=titles)), language, ()
    if target is not None and meant.intent == words.CANCEL and words.intent_of(said) != words.CANCEL:
        return ask_to_stop(chat, target), language, ()  # a title may have talked the model into it
    return act(deps, tools, tenant, chat, meant.intent, target, said, turn), language, ()


def _meant(meant: Understood, around: _Around, present: Run | None) -> Run | None:
    """Return the run that is meant: one of those that were listed, or the present one; never one a model made up."""
    return around.run(meant.about) if meant.about else present


def _around(deps: Deps, tools: Tools, tenant: str, chat: Chat, said: str) -> _Around:
    runs = tuple(deps.store.list_runs(tenant, limit=RUNS))
    found: dict[str, str] = {chat.page: chat.title} if chat.page else {}
    for hit in hits_for(deps, tools, tenant, said, PAGES):
        found.setdefault(hit.chunk.page, plain(hit.chunk.path[0]) if hit.chunk.path else hit.chunk.page)
    for run in runs:
        found.setdefault(run.trigger.page, title_of(run))
    return _Around(runs, tuple((page, title) for page, title in found.items() if page))


def _present(deps: Deps, tenant: str, chat: Chat, around: _Around) -> Run | None:
    """Return the run that is spoken of: the page's latest, else the one that was spoken of last."""
    page_run = page_record(deps, tenant, chat.page).run if chat.page else ""
    for one in (page_run, chat.run):
        if one:
            loaded = deps.store.load_run(tenant, one)
            if loaded is not None:
                return loaded.run
    waiting = [run for run in around.runs if waiting_gate(run) is not None]
    return waiting[0] if len(waiting) == 1 and not chat.page else None


def _understood(
    model: Model, chat: Chat, said: str, around: _Around, present: Run | None, turn: str, facts: str = ""
) -> Understood:
    request = ModelRequest(
        task=CHAT,
        task_class="quick",
        system=prompt(CHAT)[1],
        prompt="",
        schema=schema_of(Understood),
        data={
            "said": said,
            "pages": [{"id": page, "title": title} for page, title in around.pages],
            "runs": [{"id": run.id, "title": title_of(run)} for run in around.runs],
            "facts": facts or (facts_of(present) if present is not None else ""),
            "language": chat.language,
        },
        max_output_tokens=ANSWER_TOKENS,
    )
    pages = "\n".join(json.dumps({"page": page, "title": title}, ensure_ascii=False) for page, title in around.pages)
    parts = [
        Part("page", "pages that may be meant", pages, share=0.2),
        Part("history", "runs, the newest first", listed(list(around.runs)), share=0.2),
        *said_parts(chat),
        Part("knowledge", "the present run", request.data["facts"], must=True),
        Part("input", "what is said now", said, must=True),
    ]
    (understood, _), _ = within(
        model,
        lambda text: replace(request, prompt=text),
        [part for part in parts if part.text],
        lambda asked: ask(model, asked, Understood),
        answer_tokens=ANSWER_TOKENS,
        most=PROMPT_TOKENS,
        seed=turn,
    )
    return understood


def _explained(
    deps: Deps,
    model: Model,
    chat: Chat,
    said: str,
    around: _Around,
    target: Run | None,
    turn: str,
    meant: Understood,
) -> _Answer:
    """Explain a run: in the model's words where it was told of this very run, else it is asked once more with it."""
    if target is None:
        titles = "; ".join(f"“{title_of(run)}”" for run in around.runs[:5])
        return Deed(say("which" if titles else "none", chat.language, titles=titles)), chat.language, ()
    if meant.about or not meant.reply.strip():
        again = _understood(model, chat, said, around, target, turn, facts_of(target))
        meant = again if again.reply.strip() else meant
    if waiting_gate(target) is not None and not meant.reply.strip():
        return show(deps, chat, target), chat.language, ()
    text = plain(meant.reply.strip()) or facts_of(target)
    return Deed(text, "", target.id, target.trigger.page), chat.language, ()


def _asked(deps: Deps, tools: Tools, tenant: str, chat: Chat, said: str) -> _Answer:
    found = ask_workspace(deps, tools, tenant, said, _history(chat), below=chat.project)
    sources = tuple({"title": each.title, "url": each.url, "page": each.page} for each in found.sources)
    text = plain(found.text) if found.found else say("not_in_project" if chat.project else "not_found", chat.language)
    return Deed(text), chat.language, sources


def _history(chat: Chat) -> Sequence[Message]:
    return [Message(turn.role, turn.text) for turn in chat.turns[:-1]]
