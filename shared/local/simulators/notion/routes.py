"""Which call of Notion's API is answered by what, and which capability of a connection it needs."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators.notion import async_tasks, directory, oauth
from shared.local.simulators.notion.content import (
    blocks,
    comments,
    page_values,
    pages,
    templates,
    uploads,
)
from shared.local.simulators.notion.gate import CAPABILITIES
from shared.local.simulators.notion.markdown import markdown_calls
from shared.local.simulators.notion.tables import databases, sources, views
from shared.local.simulators.notion.world import World

Json = dict[str, Any]
Handler = Callable[..., Json]

_ID = "([^/]+)"
_READ, _UPDATE, _INSERT, _READ_COMMENTS, _INSERT_COMMENTS, _READ_USERS = CAPABILITIES
ROUTES: tuple[tuple[str, str, Handler, str | None], ...] = (
    ("GET", "/v1/users/me", directory.me, None),
    ("GET", f"/v1/users/{_ID}", directory.user, _READ_USERS),
    ("GET", "/v1/users", directory.users, _READ_USERS),
    ("POST", "/v1/pages", pages.create, _INSERT),
    ("GET", f"/v1/pages/{_ID}", pages.get, _READ),
    ("PATCH", f"/v1/pages/{_ID}", pages.update, _UPDATE),
    ("POST", f"/v1/pages/{_ID}/move", pages.move, _UPDATE),
    ("GET", f"/v1/pages/{_ID}/properties/(.+)", page_values.one_property, _READ),
    ("GET", f"/v1/pages/{_ID}/markdown", markdown_calls.get, _READ),
    ("PATCH", f"/v1/pages/{_ID}/markdown", markdown_calls.edit, _UPDATE),
    ("GET", f"/v1/async_tasks/{_ID}", async_tasks.get, None),
    ("GET", f"/v1/blocks/{_ID}", blocks.get, _READ),
    ("PATCH", f"/v1/blocks/{_ID}", blocks.update, _UPDATE),
    ("DELETE", f"/v1/blocks/{_ID}", blocks.delete, _UPDATE),
    ("GET", f"/v1/blocks/{_ID}/children", blocks.children, _READ),
    ("PATCH", f"/v1/blocks/{_ID}/children", blocks.append, _INSERT),
    ("POST", "/v1/blocks/meeting_notes(?:/query)?", blocks.meeting_notes, None),
    ("POST", "/v1/databases", databases.create_database, _INSERT),
    ("GET", f"/v1/databases/{_ID}", databases.get_database, _READ),
    ("PATCH", f"/v1/databases/{_ID}", databases.update_database, _UPDATE),
    ("POST", "/v1/data_sources", sources.create_source, _INSERT),
    ("GET", f"/v1/data_sources/{_ID}", sources.get_source, _READ),
    ("PATCH", f"/v1/data_sources/{_ID}", sources.update_source, _UPDATE),
    ("POST", f"/v1/data_sources/{_ID}/query", sources.query_source, _READ),
    ("GET", f"/v1/data_sources/{_ID}/templates", templates.list_templates, _READ),
    ("GET", "/v1/views", views.list_views, _READ),
    ("POST", "/v1/views", views.create, _INSERT),
    ("GET", f"/v1/views/{_ID}", views.get, _READ),
    ("PATCH", f"/v1/views/{_ID}", views.update, _UPDATE),
    ("DELETE", f"/v1/views/{_ID}", views.delete, _UPDATE),
    ("POST", f"/v1/views/{_ID}/queries", views.ask, _READ),
    ("GET", f"/v1/views/{_ID}/queries/{_ID}", views.results, _READ),
    ("DELETE", f"/v1/views/{_ID}/queries/{_ID}", views.forget, _READ),
    ("POST", "/v1/search", directory.search, _READ),
    ("GET", "/v1/custom_emojis", directory.custom_emojis, _READ),
    ("POST", "/v1/file_uploads", uploads.create, _INSERT),
    ("GET", "/v1/file_uploads", uploads.list_uploads, _INSERT),
    ("GET", f"/v1/file_uploads/{_ID}", uploads.get, _INSERT),
    ("POST", f"/v1/file_uploads/{_ID}/send", uploads.send, _INSERT),
    ("POST", f"/v1/file_uploads/{_ID}/complete", uploads.complete, _INSERT),
    ("POST", "/v1/comments", comments.create, _INSERT_COMMENTS),
    ("GET", "/v1/comments", comments.list_comments, _READ_COMMENTS),
    ("GET", f"/v1/comments/{_ID}", comments.get, _READ_COMMENTS),
    ("PATCH", f"/v1/comments/{_ID}", comments.update, _INSERT_COMMENTS),
    ("DELETE", f"/v1/comments/{_ID}", comments.delete, _INSERT_COMMENTS),
)
GRANTS: dict[tuple[str, str], Callable[[World, Request], Response]] = {
    ("POST", "/v1/oauth/token"): oauth.token,
    ("POST", "/v1/oauth/introspect"): oauth.introspect,
    ("POST", "/v1/oauth/revoke"): oauth.revoke,
}
