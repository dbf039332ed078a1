"""The people and bots of a workspace, and its own emojis."""

from __future__ import annotations

from shared.integrations.notion.client.wire import Json, Wire, in_path


class People(Wire):
    """Who is there."""

    def me(self) -> Json:
        """Return the bot this token belongs to."""
        return self._ask("GET", "/v1/users/me")

    def users(self) -> list[Json]:
        """Return all people and bots; guests are not among them."""
        return list(self._listed("GET", "/v1/users"))

    def first_users(self) -> list[Json]:
        """Return up to a hundred of them, by one call: enough to know what we are told of people."""
        return list(next(self._parts("GET", "/v1/users"))["results"])

    def user(self, user_id: str) -> Json:
        """Return one person or bot; raises Missing."""
        return self._ask("GET", f"/v1/users/{in_path(user_id)}")

    def custom_emojis(self, name: str = "") -> list[Json]:
        """Return the workspace's own emojis, or those with this name."""
        return list(self._listed("GET", "/v1/custom_emojis", {"name": name} if name else None))
