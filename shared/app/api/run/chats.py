"""Conversations of whoever holds a key: opened, continued, read and deleted by that key alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import Schema, shape, text
from shared.app.api.settings.tenant_databases import IN_NOTION, notion_id
from shared.app.chat.chat_memory import Chat, chats_of, forget_chat, keep_chat, load_chat, new_chat
from shared.core.errors import IntegrationError, NotThere
from shared.core.people.actor import Known
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id

OPEN: Schema = shape(
    page={
        **IN_NOTION,
        "default": "",
        "description": "The page that the conversation is about, if there is one: its id or its link.",
    },
    project={
        **IN_NOTION,
        "default": "",
        "description": "Answer questions only from this page or database and what is below it.",
    },
)
SAY: Schema = shape(
    text=text("^[\\s\\S]{1,4000}$", max_length=4000),
    message=text(
        "^[!-~]{0,100}$",
        what="Your own name for the message; sent again under the same name, it counts once.",
        default="",
    ),
    required=("text",),
)


def list_chats(call: Call) -> ApiReply:
    """Return this key's conversations, the latest first."""
    found = chats_of(call.deps, call.tenant, call.who.key)
    return ApiReply(body={"chats": [_head(chat) for chat in found]})


def open_chat(call: Call) -> ApiReply:
    """Begin a conversation, about a page or about nothing in particular."""
    now = call.deps.clock.now().isoformat()
    page, project = (normal_id(notion_id(call.body[name])) for name in ("page", "project"))
    title = _title_of(call, page) if page else ""
    if project:
        _title_of(call, project)
    who = call.who
    chat = new_chat(call.tenant, who.key, who.name, now, call.deps.owner(), page=page, title=title, project=project)
    return ApiReply(201, _view(keep_chat(call.deps, call.tenant, chat)))


def show_chat(call: Call) -> ApiReply:
    """Return a conversation."""
    return ApiReply(body=_view(_chat(call)))


def continue_chat(call: Call) -> ApiReply:
    """Say something, and return the conversation with its answer; neither is in any log."""
    from shared.app.chat.conversation import speak

    chat = replace(_chat(call), speaker=Known(call.who.actor, call.who.role))
    chat = speak(call.deps, call.tools(), call.tenant, chat, call.body["text"], call.body["message"])
    return ApiReply(body=_view(chat))


def drop_chat(call: Call) -> ApiReply:
    """Delete a conversation; the runs it began stay."""
    chat = _chat(call)
    forget_chat(call.deps, call.tenant, chat)
    return ApiReply(body=_view(chat))


def _chat(call: Call) -> Chat:
    found = load_chat(call.deps, call.tenant, call.parts["chat"], call.who.key)
    if found is None:
        raise NotThere("you have no conversation with this id")
    return found


def _title_of(call: Call, page: str) -> str:
    from shared.app.workspace.workspace_map import WorkspaceMap

    try:
        places = WorkspaceMap(call.deps, call.tenant, call.tools().accounts.connect_for(call.tenant)(Notion))
        place = places.get(page)
    except IntegrationError:
        place = WorkspaceMap(call.deps, call.tenant).look_up(page)
    if place is None or place.trashed:
        raise NotThere(
            "Notion does not show us such a page", way_out="Share the page with the connection, or leave it out."
        )
    return place.title


def _head(chat: Chat) -> dict[str, Any]:
    named = {"id": chat.id, "opened": chat.opened, "page": chat.page, "title": chat.title, "run": chat.run}
    return {**named, "project": chat.project, "language": chat.language, "turns": len(chat.turns)}


def _view(chat: Chat) -> dict[str, Any]:
    turns = [
        {"role": turn.role, "text": turn.text, "at": turn.at, "message": turn.message, "did": turn.did, "run": turn.run,
         "sources": [{"title": s["title"], "url": s["url"], "page": s["page"]} for s in turn.sources]}
        for turn in chat.turns
    ]  # fmt: skip
    return {**_head(chat), "turns": turns}
