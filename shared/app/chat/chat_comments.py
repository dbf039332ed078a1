"""Questions in the comments on a plan: answered in their thread, as a conversation of the person who asks.

Only members are answered, only what is said to us (no comment that answers a colleague, or names one), and each comment
once. Where no answer can be given, people are told how a plan is decided, as before.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from shared import log
from shared.app.approval.answer_comments import find_answer_of_ours
from shared.app.chat.chat_memory import Chat, Said, keep_chat, load_chat, new_chat
from shared.app.chat.conversation import speak
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.app.engine.tools import Tools
from shared.core.approval.decision_words import Asked
from shared.core.errors import IntegrationError, Missing, Rejected, RequestError
from shared.core.models.model_errors import ModelError
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.pages.author import PERSON, Author, write_author
from shared.core.people.actor import Known
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat

MAX = 1800  # letters of an answer; Notion takes 2,000 in one piece


def answer_in_thread(deps: Deps, tools: Tools, run: Run, asked: Asked, who: Known) -> bool:
    """Answer a comment where it stands; False when there is no answer. Raises Busy, and OutcomeUnknown of a reply."""
    chat = replace(_conversation(deps, run, asked, who.actor.name), speaker=who)
    try:
        chat = speak(deps, tools, run.tenant, chat, asked.text, asked.comment)
    except (ModelError, IntegrationError, RequestError) as error:
        log.line("WARNING", "comment not answered", tenant=run.tenant, run=run.id, **log.about(error))
        return False
    answer = chat.answer_to(asked.comment)
    if answer is None or not answer.text.strip():
        return False
    _reply(deps, tools, run, asked, answer)
    return True


def _conversation(deps: Deps, run: Run, asked: Asked, name: str) -> Chat:
    """Return the thread's conversation with this person: each comment is about the page, which shows its plan."""
    by = write_author(Author(PERSON, asked.by))
    fresh = new_chat(
        run.tenant,
        by,
        name,
        deps.clock.now().isoformat(),
        asked.discussion,
        page=run.trigger.page,
        title=run.trigger.title,
    )
    known = load_chat(deps, run.tenant, fresh.id, by)
    return replace(known, page=fresh.page, title=fresh.title) if known else keep_chat(deps, run.tenant, fresh)


def _reply(deps: Deps, tools: Tools, run: Run, asked: Asked, answer: Said) -> None:
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    target = marks.mark(run_url(deps, run), f"answer-{asked.comment}")
    text = plain(answer.text)
    first, rest = text[:40], text[40:MAX]
    spans = [Span(first, href=target), Span(rest + (" …" if len(text) > MAX else ""))]
    for source in answer.sources[:5]:
        spans += [Span("\n"), Span(plain(source["title"])[:200] or source["page"], href=source["url"])]
    with suppress(Missing, Rejected):  # the thread is gone, or we may not comment: then nobody waits for it
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            f"answer-{asked.comment}",
            lambda: {"id": notion.reply(asked.discussion, tuple(span for span in spans if span.text))["id"]},
            repeat=Repeat.LOOK,
            look=lambda: find_answer_of_ours(notion, run, target),
        )
