"""What we ask of Notion, by resource."""

from __future__ import annotations

from shared.core.errors import Missing
from shared.integrations.notion.client.data_sources import DataSources
from shared.integrations.notion.client.files import Files
from shared.integrations.notion.client.markdown_calls import MarkdownCalls
from shared.integrations.notion.client.page_calls import Pages
from shared.integrations.notion.client.wire import (
    BASE_URL,
    KEEP,
    VERSION,
    Json,
    Wire,
    format_body_id,
    format_path_id,
    normal_id,
)
from shared.integrations.notion.content.blocks import Text
from shared.integrations.notion.limits import text_items


class People(Wire):
    """Who is there."""

    def me(self) -> Json:
        """Return the bot this token belongs to."""
        return self._ask("GET", "/v1/users/me")

    def users(self) -> list[Json]:
        """Return all people and bots; guests are not among them."""
        return list(self._list_results("GET", "/v1/users"))

    def list_first_users(self) -> list[Json]:
        """Return up to a hundred of them, by one call: enough to know what we are told of people."""
        return list(next(self._parts("GET", "/v1/users"))["results"])

    def user(self, user_id: str) -> Json:
        """Return one person or bot; raises Missing."""
        return self._ask("GET", f"/v1/users/{format_path_id(user_id)}")


class Comments(Wire):
    """What people and we say on a page. Resolved threads are invisible, and no call can resolve one."""

    def comments(self, page_id: str) -> list[Json]:
        """Return the open comments of a page or block, oldest first."""
        return list(
            self._list_results("GET", "/v1/comments", {"block_id": format_body_id(page_id, "comments.page_id")})
        )

    def get_comment(self, comment_id: str) -> Json:
        """Return one comment; raises Missing."""
        return self._ask("GET", f"/v1/comments/{format_path_id(comment_id)}")

    def comment(self, page_id: str, text: Text | list[Json], *, block_id: str = "") -> Json:
        """Comment on a page, or on the block `block_id`. Called again it comments a second time: look first."""
        kind = "block_id" if block_id else "page_id"
        parent = {"type": kind, kind: format_body_id(block_id or page_id, f"comment.{kind}")}
        return self._post_comment({"parent": parent}, text)

    def reply(self, discussion_id: str, text: Text | list[Json]) -> Json:
        """Answer in a discussion (a comment's `discussion_id`). Called again it answers a second time."""
        return self._post_comment({"discussion_id": format_body_id(discussion_id, "reply.discussion_id")}, text)

    def _post_comment(self, body: Json, text: Text | list[Json]) -> Json:
        body["rich_text"] = text_items(text, "text")
        return self._complete_object(self._write("POST", "/v1/comments", body), self.get_comment)

    def update_comment(self, comment_id: str, text: Text | list[Json]) -> Json:
        """Replace the text of a comment of ours. The same call again leaves the same comment."""
        return self._write(
            "PATCH", f"/v1/comments/{format_path_id(comment_id)}", {"rich_text": text_items(text, "text")}
        )

    def delete_comment(self, comment_id: str) -> None:
        """Delete a comment of ours; one that is gone already counts as deleted."""
        try:
            self._write("DELETE", f"/v1/comments/{format_path_id(comment_id)}", None)
        except Missing:
            return


__all__ = ["BASE_URL", "KEEP", "VERSION", "Notion", "normal_id"]


class Notion(People, Pages, DataSources, Comments, Files, MarkdownCalls):
    """One tenant's Notion. No key makes a write safe to repeat: after OutcomeUnknown, look before writing again."""
