"""The names of people and agents that changed a page, as others recognise them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.approval.gates import waiting_gate as waiting_gate
from shared.app.engine.tools import Tools
from shared.core.errors import IntegrationError
from shared.integrations.notion.client.client import Notion


def name_author(tools: Tools, tenant: str, author: str) -> str:
    """Return a name people recognise; the id where Notion does not tell.

    Whom the settings know by their id in Notion has their name from there: anybody may call themselves another there.
    """
    kind, _, user = author.partition(":")
    if not user:
        return kind
    people = tools.settings(tenant).get("people", ())
    listed: Mapping[str, Any] = next((one for one in people if _bare(one.get("notion_user")) == _bare(user)), {})
    if listed.get("name"):
        return str(listed["name"])
    try:
        found = tools.accounts.connect_for(tenant)(Notion).user(user)
    except IntegrationError:
        return author
    return str(found.get("name") or author)


def _bare(user: object) -> str:
    return str(user or "").replace("-", "").casefold()
