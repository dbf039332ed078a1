"""The manifest that people paste asks for what our calls need, and for nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from shared.integrations.slack.slash import ENDINGS
from shared.integrations.slack.system import SLACK

ROOT = Path(__file__).resolve().parents[3]
MANIFEST: dict[str, Any] = json.loads((ROOT / "docs" / "guides" / "slack-manifest.json").read_text(encoding="utf-8"))
# docs.slack.dev, each method's page: the scopes that a bot's token needs
NEEDS = {
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
    "apps.connections.open": set[str](),  # of an app-level token
    "apps.uninstall": set[str](),  # none: the app's own id and secret go with it
}


def test_the_manifest_asks_for_what_is_called() -> None:
    source = (ROOT / "shared" / "integrations" / "slack" / "client.py").read_text(encoding="utf-8")
    called = set(re.findall(r'"((?:chat|conversations|users|apps|auth|files)\.[A-Za-z.]+)"', source))
    assert called
    wanted = {"commands"}.union(*(NEEDS[method] for method in called))
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == wanted


def test_the_link_for_connecting_asks_for_the_same_and_for_channels_without_an_invitation() -> None:
    wanted = set(MANIFEST["oauth_config"]["scopes"]["bot"])
    assert SLACK.oauth is not None
    assert set(SLACK.oauth.scopes) == wanted | {"chat:write.public"}


def test_presses_commands_and_endings_come_by_socket_and_nothing_else() -> None:
    settings = MANIFEST["settings"]
    assert settings["socket_mode_enabled"] is settings["interactivity"]["is_enabled"] is True
    assert set(settings["event_subscriptions"]["bot_events"]) == ENDINGS  # no message is heard
    (command,) = MANIFEST["features"]["slash_commands"]
    assert command["command"] == "/workwright"
    assert settings["token_rotation_enabled"] is False
