"""Webhooks of a repository on GitHub: ours, found by its address."""

from __future__ import annotations

from shared.integrations.github.wire import Json, Wire, repo_path
from shared.ports import Secret

EVENTS = (
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "issue_comment",
    "check_suite",
    "status",
    "push",
)


class Hooks:
    """The part of GitHub that is about webhooks; the token must be an administrator's of the repository."""

    _wire: Wire

    def ensure_hook(self, owner: str, name: str, *, url: str, token: Secret, signing: Secret) -> tuple[int, bool]:
        """Make the webhook with this address, or set it up anew; return its number, and that it signs.

        GitHub signs with `token`, and knows no key beside it.
        """
        path = f"{repo_path(owner, name)}/hooks"
        config = {"url": url, "content_type": "json", "secret": token.reveal(), "insecure_ssl": "0"}
        wanted: Json = {"config": config, "events": list(EVENTS), "active": True}
        hook = next((each for each in self._wire.list_all(path) if each["config"].get("url") == url), None)
        if hook is None:
            made = self._wire.call("POST", path, json=wanted | {"name": "web"}).json
        else:
            made = self._wire.call("PATCH", f"{path}/{hook['id']}", json=wanted).json
        return int(made["id"]), True

    def delete_hook(self, owner: str, name: str, number: int) -> None:
        """Delete a webhook; raises Missing when it is gone."""
        self._wire.call("DELETE", f"{repo_path(owner, name)}/hooks/{number}")
