"""Answer a question from what the workspace says, with sources, or say that it is not there.

A follow-up question is rewritten with the conversation first. What is found is filtered by what may be shown now
(`app/knowledge/knowledge_scope.py`) and given to the model as data. An answer counts only with sources among what was
given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.app.connections.access_renewal import find_way_back
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.knowledge.knowledge_scope import is_connected, scope_of
from shared.app.knowledge.knowledge_search import PASSAGES, Source, hits_for, may_show_all, source_of
from shared.app.money.budget import BudgetExceeded
from shared.app.money.spend import meter_model
from shared.app.planning.planner_facts.plan_places import Places, list_known_places
from shared.app.prompts import prompt
from shared.core.errors import Conflicting, IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.people.actor import Actor
from shared.core.text.outgoing_text import plain
from shared.mind.context import Context, Part
from shared.mind.fitting import ask_within
from shared.mind.search import Hit
from shared.mind.structured import ask, schema_of
from shared.ports.model import Message, Model, ModelRequest, ModelResult

ASK, REWRITE = "ask", "rewrite"  # tasks of the model, and names of their prompts
PROMPT_TOKENS = 6000  # more passages are mostly distractors (retrieval, section 9)
ANSWER_TOKENS = 1200
LONGEST = 2000  # characters of a question
_TURNS = 6  # of the conversation, that a question is understood from
_ONE_SENTENCE = 200  # characters of it
_NOT_THERE = "Nothing about this was found in the workspace."


class _Answered(BaseModel):
    """What the model says."""

    model_config = ConfigDict(extra="forbid")

    found: bool
    answer: str = Field(max_length=8000)
    sources: list[str] = Field(max_length=PASSAGES)


class _Rewritten(BaseModel):
    """A question that can be understood alone."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=LONGEST)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. Not `found`: the workspace does not say. `query` is what was searched for."""

    text: str
    sources: tuple[Source, ...] = ()
    found: bool = False
    query: str = ""
    model: str = ""


def ask_workspace(
    deps: Deps,
    tools: Tools,
    tenant: str,
    question: str,
    history: Sequence[Message] = (),
    *,
    below: str = "",
    about: str = "",
    asker: Actor | None = None,
) -> Answer:
    """Answer from the tenant's own pages alone. `history` are the turns before, oldest first.

    `below` is the page or database whose pages alone count; "" for all. `about` is the title of the page that is
    spoken of, which a word like "it" may mean. `asker` is on whose account it is, where that is known.

    Raises Conflicting where nothing may be answered now (disconnected, switched off, no money left), and the errors
    of the model.
    """
    model = meter_model(deps, tenant, tools.model(tenant), ASK, asker=asker)
    _see_that_it_may_be_asked(deps, tools, tenant)
    try:
        query = reword_question(model, question, history, about)
        hits = hits_for(deps, tools, tenant, query, below=below)
        places = list_known_places(deps, tools.settings(tenant), tenant, query)
        if not hits:
            return _answer_not_found(model, question, query, history, places)
        sources = tuple(source_of(deps, hit, f"P{number}") for number, hit in enumerate(hits, 1))
        answer = _ask_model(model, question, query, history, hits, sources, places)
        _see_that_it_may_be_told(deps, tools, tenant, hits)
        return answer
    except BudgetExceeded as error:
        raise Conflicting(
            str(error), way_out="An owner can raise the budget; a new day begins with a new one."
        ) from error


def reword_question(model: Model, question: str, history: Sequence[Message], about: str = "") -> str:
    """Return the question so that it can be searched for: as it is, or with what it refers to.

    Where no model answers, what was asked before stands in front of it: that finds most of what a good wording does,
    where the question alone finds next to nothing (retrieval, section 0).
    """
    before = [turn.text for turn in history if turn.role == "user" and turn.text.strip()]
    if not before and not about:
        return question
    request = ModelRequest(
        task=REWRITE,
        task_class="cheap",
        system=prompt(REWRITE)[1],
        prompt="",
        schema=schema_of(_Rewritten),
        data={"question": question, "history": _list_spoken(history), "about": about},
        max_output_tokens=400,
    )
    parts = [
        *([Part("page", "the page that they speak of", about, share=0.1)] if about else []),
        *([_conversation(history, 0.6)] if before else []),
        Part("input", "the last question", question, must=True),
    ]
    try:
        (rewritten, _), _ = ask_within(
            model,
            lambda text: _replace_prompt(request, text),
            parts,
            lambda asked: ask(model, asked, _Rewritten, repairs=0),
            answer_tokens=400,
            max_tokens=3000,
            seed=REWRITE,
        )
    except BudgetExceeded:
        raise
    except (IntegrationError, ModelError):
        return f"{before[-1]} {question}" if before else question
    return rewritten.question


def _see_that_it_may_be_asked(deps: Deps, tools: Tools, tenant: str) -> None:
    if not is_connected(deps, tenant):
        back = find_way_back(deps, tenant, "notion")
        way_out = f"Connect it: {back.url or back.command}"
        raise Conflicting("Notion is not connected, so nothing from it can be shown", way_out=way_out)
    if scope_of(tools.settings(tenant)).off:
        raise Conflicting(
            "knowledge of the workspace is switched off", way_out="Switch it on with POST /v1/knowledge and off: false."
        )


def _see_that_it_may_be_told(deps: Deps, tools: Tools, tenant: str, hits: Sequence[Hit]) -> None:
    """Look again: a model takes its time, and an answer may say what any of the passages says."""
    _see_that_it_may_be_asked(deps, tools, tenant)
    if not may_show_all(deps, tools, tenant, hits):
        raise Conflicting("what may be shown changed while the question was being answered", way_out="Ask again.")


def _answer_not_found(model: Model, question: str, query: str, history: Sequence[Message], places: Places) -> Answer:
    """Say that nothing was found: in the language of the question, where a model does; it cannot say anything else."""
    try:
        return _ask_model(model, question, query, history, (), (), places)
    except (IntegrationError, ModelError):
        return Answer(_NOT_THERE, query=query)


def _ask_model(
    model: Model,
    question: str,
    query: str,
    history: Sequence[Message],
    hits: Sequence[Hit],
    found: Sequence[Source],
    places: Places,
) -> Answer:
    sources = {source.id: source for source in found}
    texts = {name: hit.chunk.text for name, hit in zip(sources, hits, strict=True)}
    request = ModelRequest(
        task=ASK,
        task_class="quick",
        system=prompt(ASK)[1],
        prompt="",
        schema=schema_of(_Answered),
        data={
            "question": query,
            "passages": [{"id": name, "title": each.title, "text": texts[name]} for name, each in sources.items()],
        },
        max_output_tokens=ANSWER_TOKENS,
    )
    parts = [
        Part("knowledge", f"{each.page}#{name}", f"[{name}] {each.title}{_date(each)}\n{texts[name]}", share=0.75)
        for name, each in sources.items()
    ]
    parts += [_conversation(history, 0.15)] if history else []
    parts += [places.part(), Part("input", "the question", question, must=True)]
    (answered, result), context = ask_within(
        model,
        lambda text: _replace_prompt(request, text),
        parts,
        lambda asked: ask(model, asked, _Answered),
        answer_tokens=ANSWER_TOKENS,
        max_tokens=PROMPT_TOKENS,
        seed=ASK,
    )
    return _check_sources(answered, result, query, sources, _list_shown(context))


def _date(source: Source) -> str:
    """Return the day on which its page was last edited, where that is known: of two the newer one counts."""
    return f" (last edited {source.edited_at[:10]})" if source.edited_at else ""


def _check_sources(
    answered: _Answered, result: ModelResult, query: str, sources: Mapping[str, Source], shown: frozenset[str]
) -> Answer:
    """Return the answer, if it rests on something that was given; what was not given is no source.

    Links of it are dead, as in all that we write: one would carry out what it was put together from. Where nothing was
    found, a model says so in one sentence, and not what it knows from elsewhere.
    """
    named = dict.fromkeys(each.strip("[] ") for each in answered.sources)
    cited = tuple(sources[name] for name in named if name in shown)
    text = plain(answered.answer).strip()
    if answered.found and cited and text:
        return Answer(text, cited, True, query, result.model)
    sentence = text if not answered.found and len(text) <= _ONE_SENTENCE and "\n" not in text else ""
    return Answer(sentence or _NOT_THERE, (), False, query, result.model)


def _list_shown(context: Context) -> frozenset[str]:
    """Return the ids of the passages that there was room for."""
    return frozenset(
        each.part.source.rpartition("#")[2] for each in context.placed if each.part.name == "knowledge" and each.text
    )


def _replace_prompt(request: ModelRequest, text: str) -> ModelRequest:
    return replace(request, prompt=text)


def _conversation(history: Sequence[Message], share: float) -> Part:
    lines = [f"{turn['who']}: {turn['text']}" for turn in _list_spoken(history)]
    return Part("history", "the conversation", "\n".join(lines), share=share, cut="start")


def _list_spoken(history: Sequence[Message]) -> list[dict[str, Any]]:
    """Return the latest turns of people and of ourselves, without tools."""
    turns = [turn for turn in history if turn.role in ("user", "assistant") and turn.text.strip()]
    return [{"who": turn.role, "text": turn.text} for turn in turns[-_TURNS:]]
