"""What we ask of Notion, by resource."""

from __future__ import annotations

from shared.integrations.notion.client.comments import Comments
from shared.integrations.notion.client.data_sources import DataSources
from shared.integrations.notion.client.files import Files
from shared.integrations.notion.client.markdown_calls import MarkdownCalls
from shared.integrations.notion.client.page_calls import Pages
from shared.integrations.notion.client.people import People
from shared.integrations.notion.client.view_calls import Views
from shared.integrations.notion.client.wire import BASE_URL, KEEP, VERSION, normal_id

__all__ = ["BASE_URL", "KEEP", "VERSION", "Notion", "normal_id"]


class Notion(People, Pages, DataSources, Comments, Files, Views, MarkdownCalls):
    """One tenant's Notion. No key makes a write safe to repeat: after OutcomeUnknown, look before writing again."""
