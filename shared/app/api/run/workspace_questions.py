"""Questions to the workspace, and what is known of it: how far the reading is, what is left out, reading it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, TEXTS, Schema, explain, lists, members, shape, text
from shared.app.api.settings.tenant_databases import IN_NOTION, notion_id
from shared.app.knowledge.knowledge_marks import keeps_knowledge, note_act
from shared.app.knowledge.knowledge_scope import SETTING, is_connected
from shared.app.tenants.settings_changes import change_settings
from shared.core.errors import Conflicting
from shared.ports.documents import all_settings
from shared.ports.model import Message

LONGEST, LONGEST_TURN, TURNS = 1000, 600, 6  # letters, and turns: all of it fits a body, however it is written
LISTS = ("roots", "without")
COUNTS = ("known", "read", "embedded", "reused", "removed", "failed", "waiting", "lost")
KNOWLEDGE = members(
    connected=FLAG,
    off=FLAG,
    roots=TEXTS,
    without=TEXTS,
    **dict.fromkeys(("pages", "chunks", "vectors"), COUNT),
    embedder=text(what="The model that searches by meaning; empty where only words are searched."),
    sync=members(**dict.fromkeys(COUNTS, COUNT), **dict.fromkeys(("began", "ended", "alert"), text())),
)
QUESTION: Schema = shape(
    question=text(f"^[\\s\\S]{{1,{LONGEST}}}$", max_length=LONGEST),
    history=lists(
        text(max_length=LONGEST_TURN),
        TURNS,
        what="What was said before, oldest first: a question, its answer, and so on.",
    ),
    required=("question",),
)
CHANGE: Schema = shape(
    roots=lists(IN_NOTION, 100, what="Only these pages and databases, with everything below them; all if empty."),
    without=lists(IN_NOTION, 100, what="Leave these out, with everything below them."),
    off=FLAG,
    read_again=FLAG,
    forget_lost=explain(FLAG, "Forget the pages that Notion no longer shows, however many they are."),
)


def ask(call: Call) -> ApiReply:
    """Answer a question from the tenant's pages, with sources; neither question nor answer is in any log."""
    from shared.app.knowledge.ask import ask_workspace

    turns = call.body.get("history", ())
    history = [Message("assistant" if number % 2 else "user", text) for number, text in enumerate(turns)]
    question, asker = call.body["question"], call.who.actor
    answer = ask_workspace(call.deps, call.tools(), call.tenant, question, history, asker=asker)
    sources = [
        {"id": s.id, "title": s.title, "url": s.url, "page": s.page, "excerpt": s.excerpt, "edited_at": s.edited_at}
        for s in answer.sources
    ]
    return ApiReply(
        body={"found": answer.found, "answer": answer.text, "sources": sources, "model": answer.model,
              "searched_for": answer.query}
    )  # fmt: skip


def show_knowledge(call: Call) -> ApiReply:
    """Return what is known of the workspace, and how far reading it has got."""
    return ApiReply(body=_view(call))


def change_knowledge(call: Call) -> ApiReply:
    """Change what is left out, have all of it read again, or have what is lost forgotten."""
    from shared.app.knowledge.knowledge_sync import allow_forgetting, begin_sync

    given: Mapping[str, Any] = call.body
    before = _setting(call)
    after = {**before, **{name: [notion_id(each) for each in given[name] if each] for name in LISTS if name in given}}
    after |= {"off": given["off"]} if "off" in given else {}
    if after != before:
        change_settings(call.deps, call.tenant, call.who.actor, **{SETTING: after})
    if given.get("read_again") or given.get("forget_lost"):
        if not keeps_knowledge(call.deps, call.tenant):
            way_out = "Reading begins by itself within minutes of connecting Notion."
            raise Conflicting("the workspace has not been read yet", way_out=way_out)
        if given.get("forget_lost"):
            allow_forgetting(call.deps, call.tenant)
        if given.get("read_again"):
            note_act(call.deps, call.tenant)
            begin_sync(call.deps, call.tenant)
    return ApiReply(body=_view(call))


def _setting(call: Call) -> dict[str, Any]:
    known = all_settings(call.deps.store, call.tenant).get(SETTING) or {}
    return {**{name: list(known.get(name) or ()) for name in LISTS}, "off": bool(known.get("off"))}


def _view(call: Call) -> dict[str, Any]:
    from shared.app.knowledge.knowledge_sync import progress

    counts = call.tools().knowledge(call.tenant).count()
    return {
        "connected": is_connected(call.deps, call.tenant),
        **_setting(call),
        **{name: counts[name] for name in ("pages", "chunks", "vectors")},
        "embedder": getattr(call.tools().embedder(call.tenant), "id", ""),
        "sync": progress(call.deps, call.tenant),
    }
