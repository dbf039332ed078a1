"""Webhooks of a GitLab project: ours, found by its address."""

from __future__ import annotations

from shared.integrations.gitlab.wire import Json, Wire, project
from shared.ports import Secret

_EVENTS = ("merge_requests_events", "note_events", "pipeline_events", "push_events")


class Hooks:
    """The part of GitLab that is about webhooks; the token must be a maintainer's."""

    _wire: Wire

    def ensure_hook(self, owner: str, name: str, *, url: str, token: Secret, signing: Secret) -> tuple[int, bool]:
        """Make the webhook with this address, or set it up anew; return its number, and whether this GitLab signs.

        One before 19 knows no signing token, and ignores the field.
        """
        path = f"{project(owner, name)}/hooks"
        wanted: Json = {"url": url, "token": token.reveal(), "signing_token": signing.reveal()}
        wanted |= {**dict.fromkeys(_EVENTS, True), "enable_ssl_verification": True, "name": "Workwright"}
        hook = next((each for each in self._wire.pages(path) if each.get("url") == url), None)
        if hook is None:
            made = self._wire.call("POST", path, json=wanted).json
        else:
            made = self._wire.call("PUT", f"{path}/{hook['id']}", json=wanted).json
        return int(made["id"]), bool(made.get("signing_token_present"))

    def delete_hook(self, owner: str, name: str, number: int) -> None:
        """Delete a webhook; raises Missing when it is gone."""
        self._wire.call("DELETE", f"{project(owner, name)}/hooks/{number}", text=True)
