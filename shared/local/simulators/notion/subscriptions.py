"""Webhook subscriptions: the handshake, the token that a person pastes, and a new token in place of the old one."""

import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any

from shared.local.simulators.notion.world import World

Json = dict[str, Any]
Post = Callable[[str, bytes, dict[str, str]], int]


class Subscriptions:
    """Makes and verifies subscriptions; calls out without the lock, because the receiver may call back."""

    def __init__(self, world: World, save: Callable[[], None], post: Post) -> None:
        self.world = world
        self.save = save
        self.post = post

    def subscribe(self, url: str, client_id: str, event_types: list[str] | None, api_version: str) -> Json:
        """Make a subscription and POST its verification token."""
        with self.world.simulator.lock:
            subscription: Json = {
                "id": self.world.new_id(),
                "url": url,
                "client_id": client_id,
                "status": "pending_verification",
                "verification_token": _token(),
                "next_token": None,
                "event_types": event_types,
                "api_version": api_version,
            }
            self.world.state["subscriptions"][subscription["id"]] = subscription
            self.save()
        return self._handshake(subscription, subscription["verification_token"])

    def _handshake(self, subscription: Json, token: str) -> Json:
        status = self.post(subscription["url"], json.dumps({"verification_token": token}).encode(), {})
        return {"id": subscription["id"], "status": subscription["status"], "handshake_status": status}

    def again(self, subscription_id: str, rotate: bool) -> Json:
        """Send the handshake again; with `rotate` a new token, which signs from its verification on."""
        with self.world.simulator.lock:
            subscription: Json = self.world.state["subscriptions"][subscription_id]
            if rotate:
                subscription["next_token"] = _token()
                self.save()
            token = str(subscription["next_token"] or subscription["verification_token"])
        return self._handshake(subscription, token)

    def move(self, subscription_id: str, url: str) -> Json:
        """Deliver elsewhere from now on, what waits included. Notion has no such button: a moved house needs none."""
        subscription: Json = self.world.state["subscriptions"][subscription_id]
        subscription["url"] = url
        self.save()
        return {"id": subscription_id, "url": url}

    def verify(self, subscription_id: str, token: str) -> Json | None:
        """Activate a subscription with the token somebody pasted; None when it is the wrong one."""
        subscription: Json | None = self.world.state["subscriptions"].get(subscription_id)
        if subscription is None:
            return None
        wanted = subscription["next_token"] or subscription["verification_token"]
        if not hmac.compare_digest(wanted.encode(), token.encode()):
            return None
        subscription.update(status="active", verification_token=wanted, next_token=None)
        self.save()
        return {"id": subscription_id, "status": "active"}


def _token() -> str:
    return "secret_" + secrets.token_urlsafe(32)
