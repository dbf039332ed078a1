"""GitHub's objects as its reference describes them, as far as anything of ours looks at them."""

from __future__ import annotations

from typing import Any

from shared.cli.probe.calls import Expect
from shared.cli.probe.shapes import Either, Says

Json = dict[str, Any]

REST = "https://docs.github.com/en/rest/"
NOTHING_SHA = "0" * 39 + "1"

MORE: Json = {"*": "any"}  # what GitHub says beside, and nothing of ours reads
ACCOUNT: Json = {"login": "words", "id": "whole", "type": "=User|=Organization|=Bot", **MORE}
REPOSITORY: Json = {
    "id": "whole", "name": "words", "full_name": "words", "owner": ACCOUNT, "private": "flag", "html_url": "url",
    "default_branch": "words", "archived": "flag", "clone_url": "url", **MORE,
}  # fmt: skip
REF: Json = {
    "ref": "words",
    "node_id": "words",
    "url": "url",
    "object": {"type": "=commit", "sha": "sha", "url": "url"},
}
SIGNED: Json = {"name": "text", "email": "text", "date": "time"}
COMMIT: Json = {
    "sha": "sha", "node_id": "words", "url": "url", "html_url": "url", "author": SIGNED, "committer": SIGNED,
    "tree": {"sha": "sha", "url": "url"}, "message": "text",
    "parents": [{"sha": "sha", "url": "url", "html_url": "url"}], "verification": "object", **MORE,
}  # fmt: skip
ENTRY: Json = {
    "path": "words", "mode": "digits", "type": "=blob|=tree|=commit", "sha": "sha", "size?": "whole", "url?": "url",
}  # fmt: skip
TREE: Json = {"sha": "sha", "url": "url", "tree": [ENTRY], "truncated": "flag"}
SIDE: Json = {"label": "words", "ref": "words", "sha": "sha", "user": "object|null", "repo": "object|null"}
LISTED_PULL: Json = {
    "number": "whole", "id": "whole", "state": "=open|=closed", "title": "text", "body": "text|null", "draft": "flag",
    "html_url": "url", "user": ACCOUNT, "head": SIDE, "base": SIDE, "merged_at": "time|null",
    "merge_commit_sha": "sha|null", "created_at": "time", "updated_at": "time", "labels": "list", **MORE,
}  # fmt: skip
PULL: Json = {
    **LISTED_PULL, "merged": "flag", "mergeable": "flag|null",
    "mergeable_state": "=clean|=dirty|=unknown|=blocked|=behind|=unstable|=has_hooks|=draft",
}  # fmt: skip
COMMENT: Json = {
    "id": "whole", "body": "text", "user": ACCOUNT, "html_url": "url", "created_at": "time", "updated_at": "time",
    **MORE,
}  # fmt: skip
HOOK: Json = {
    "id": "whole", "type": "=Repository", "name": "=web", "active": "flag", "events": ["code"],
    "config": {"url": "url", "content_type": "=json", "insecure_ssl": "text", "secret?": "text", **MORE}, **MORE,
}  # fmt: skip


def refusal(status: int, *words: str, detail: tuple[str, ...] = (), **more: Any) -> Expect:
    """Return what a refused call answers: a message with these words; `detail` is said in its list of errors."""
    body: Json = {"message": Says(*words), "documentation_url": "text", "status": f"={status}", "errors?": "any"}
    if detail:
        body["errors"] = Either([{"message": Says(*detail), "*": "any"}], [Says(*detail)])
        del body["errors?"]
    return Expect(status, body | more)
