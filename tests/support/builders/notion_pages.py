"""Pages and databases as the tests of the Notion client make them."""

from typing import Any

from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.values.property_values import property_value

Json = dict[str, Any]


def a_page(notion: Notion, seeded: Json, *children: Json, title: str = "Page") -> str:
    page = notion.create_page(
        page_id=seeded["home_page_id"], properties={"title": property_value("title", title)}, children=children
    )
    return str(page["id"])
