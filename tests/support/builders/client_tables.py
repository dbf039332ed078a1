"""Tables and rows made with the `notion-client` package."""

from typing import Any

from notion_client import Client

from tests.support.simulators.seeded_notion import Notion, text

SCHEMA = {
    "Name": {"title": {}},
    "Status": {"status": {}},
    "Kind": {"select": {"options": [{"name": "Bug", "color": "red"}, {"name": "Idea"}]}},
    "Tags": {"multi_select": {}},
    "Points": {"number": {}},
    "Due": {"date": {}},
    "Owner": {"people": {}},
    "Done": {"checkbox": {}},
    "Link": {"url": {}},
    "Note": {"rich_text": {}},
    "Made": {"created_time": {}},
}


def make_table(client: Client, notion: Notion, schema: dict[str, Any] | None = None) -> str:
    """Make a database below the home page; return the id of its data source."""
    database: Any = client.databases.create(
        parent={"type": "page_id", "page_id": notion.home},
        title=text("Ideas"),
        initial_data_source={"properties": schema or SCHEMA},
    )
    return str(database["data_sources"][0]["id"])


def make_row(client: Client, source: str, name: str, **values: dict[str, Any]) -> dict[str, Any]:
    row: Any = client.pages.create(
        parent={"type": "data_source_id", "data_source_id": source},
        properties={"Name": {"title": text(name)}, **values},
    )
    return dict(row)
