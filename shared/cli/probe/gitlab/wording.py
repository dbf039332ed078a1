"""GitLab's objects as its reference describes them; what several calls expect and ask."""

from __future__ import annotations

from typing import Any

from shared.cli.probe.calls import Ask, Expect
from shared.cli.probe.shapes import Says

Json = dict[str, Any]
API = "https://docs.gitlab.com/api/"
NOTHING_SHA = "0" * 39 + "1"
MORE: Json = {"*": "any"}

PERSON: Json = {"id": "whole", "username": "words", "name": "text", "state": "code", **MORE}
PROJECT: Json = {
    "id": "whole", "name": "words", "path": "words", "path_with_namespace": "words", "default_branch": "words|null",
    "visibility": "=private|=internal|=public", "web_url": "url", "namespace": "object", "archived": "flag", **MORE,
}  # fmt: skip
COMMIT: Json = {
    "id": "sha", "short_id": "words", "title": "text", "message": "text", "parent_ids": ["sha"], "author_name": "text",
    "author_email": "text", "created_at": "time", "web_url": "url", **MORE,
}  # fmt: skip
BRANCH: Json = {"name": "words", "commit": COMMIT, "protected": "flag", "default": "flag", **MORE}
FILES = "/projects/{project}/repository/files/"


def expect_message(status: int | tuple[int, ...], *words: str) -> Expect:
    """Return what a refused call answers: its message is a text, a list, or lists by field."""
    return Expect(status, {"message": Says(*words), "*": "any"})


def commit(message: str, *actions: Json, **more: str) -> Ask:
    body = {"branch": "{mark}", "commit_message": message, "author_name": "Workwright",
            "author_email": "probe@workwright.invalid", "actions": list(actions), **more}  # fmt: skip
    return Ask("POST", "/projects/{project}/repository/commits", body)
