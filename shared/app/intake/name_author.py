"""The names of people and agents that changed a page, as others recognise them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.tools import Tools
from shared.core.errors import IntegrationError
from shared.core.pages.author import Author, write_author
from shared.integrations.notion.client.client import Notion


def name_author(tools: Tools, tenant: str, author: Author) -> str:
    """Return a name people recognise; the id where Notion does not tell.

    Whom the settings know by their id in Notion has their name from there: anybody may call themselves another there.
    """
    if not author.kind or not author.id:
        return write_author(author).removesuffix(":")
    people = tools.settings(tenant).get("people", ())
    listed: Mapping[str, Any] = next((one for one in people if _bare(one.get("notion_user")) == _bare(author.id)), {})
    if listed.get("name"):
        return str(listed["name"])
    try:
        found = tools.accounts.connect_for(tenant)(Notion).user(author.id)
    except IntegrationError:
        return write_author(author)
    return str(found.get("name") or write_author(author))


def _bare(user: object) -> str:
    return str(user or "").replace("-", "").casefold()
