"""Webhooks: handshake, merging of frequent events, signing, and delivery with up to eight attempts."""

import copy
import hashlib
import hmac
import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import requests

from shared.sim.notion.world import Caller, World

Json = dict[str, Any]

ATTEMPTS = 8
MOST_LISTED = 100
_AT_ONCE = ("comment.", "page.locked", "page.unlocked", "file_upload.", "view.")  # never merged
_LOG_LENGTH = 500


def signature(key: str, raw: bytes) -> str:
    """Return the value of X-Notion-Signature for a raw body."""
    return "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()


class Webhooks:
    """Subscriptions and their deliveries; all of it in the state, so a killed simulator goes on where it was."""

    def __init__(self, world: World, save: Callable[[], None]) -> None:
        self.world = world
        self.save = save
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    # --- subscriptions --------------------------------------------------------------------------------------------

    def subscribe(self, url: str, client_id: str, event_types: list[str] | None = None) -> Json:
        """Make a subscription and POST its verification token; call it without the lock, the receiver may call back."""
        with self.world.simulator.lock:
            subscription = {
                "id": self.world.new_id(),
                "url": url,
                "client_id": client_id,
                "status": "pending_verification",
                "verification_token": "secret_" + secrets.token_urlsafe(32),
                "event_types": event_types,
            }
            self.world.state["subscriptions"][subscription["id"]] = subscription
            self.save()
        status = self._post(url, json.dumps({"verification_token": subscription["verification_token"]}).encode(), {})
        return {"id": subscription["id"], "status": subscription["status"], "handshake_status": status}

    def verify(self, subscription_id: str, token: str) -> Json | None:
        """Activate a subscription with the token somebody pasted; None when it is the wrong one."""
        subscription: Json | None = self.world.state["subscriptions"].get(subscription_id)
        if subscription is None or not hmac.compare_digest(subscription["verification_token"].encode(), token.encode()):
            return None
        subscription["status"] = "active"
        self.save()
        return {"id": subscription_id, "status": "active"}

    # --- events ---------------------------------------------------------------------------------------------------

    def announce(self, kind: str, node: Json, caller: Caller, data: Json) -> None:
        """Remember an event for every subscription whose connection has a bot that sees the node."""
        entity = node.get("entity") or {"id": node["id"], "type": node["object"]}
        data = data if "parent" in data or "target" in data else {"parent": self._parent(node), **data}
        for subscription, mine in self._listening(kind):
            bots = [bot for bot in mine if self.world.bot_sees(bot, node)]
            if bots:
                self._remember(subscription, bots, kind, entity, caller, data)
        self._wake.set()

    def announce_for(self, kind: str, entity: Json, bots: list[str], caller: Caller, data: Json) -> None:
        """Remember an event about something that only certain bots may know of: their file uploads."""
        for subscription, mine in self._listening(kind):
            knowing = [bot for bot in mine if bot["id"] in bots]
            if knowing:
                self._remember(subscription, knowing, kind, entity, caller, data)
        self._wake.set()

    def _listening(self, kind: str) -> Iterator[tuple[Json, list[Json]]]:
        """Give every active subscription that wants such events, with the bots of its connection."""
        for subscription in self.world.state["subscriptions"].values():
            wanted = subscription["event_types"]
            if subscription["status"] == "active" and (wanted is None or kind in wanted):
                bots = self.world.state["bots"].values()
                yield subscription, [bot for bot in bots if bot["client_id"] == subscription["client_id"]]

    def _remember(
        self, subscription: Json, bots: list[Json], kind: str, entity: Json, caller: Caller, data: Json
    ) -> None:
        config = self.world.state["config"]
        key = f"{subscription['id']} {entity['id']} {kind}"
        merged = not kind.startswith(_AT_ONCE)
        pending: list[Json] = self.world.state["pending"]
        if kind.endswith(".deleted") and self._swallow(f"{subscription['id']} {entity['id']} {entity['type']}.created"):
            return
        if merged:
            for waiting in pending:
                if waiting["key"] == key and waiting["attempt"] == 0 and waiting["due"] > time.time():
                    _merge(waiting["event"], caller, data)
                    return
        event = self._envelope(subscription, bots, kind, entity, caller)
        if data:
            event["data"] = copy.deepcopy(data)
        window = float(config["aggregation_s"]) if merged else 0.0
        due = time.time() + window + float(config["webhook_delay_s"])
        pending.append({"key": key, "subscription_id": subscription["id"], "event": event, "attempt": 0, "due": due})

    def _swallow(self, created: str) -> bool:
        """Something made and deleted inside one window makes no event at all."""
        pending = self.world.state["pending"]
        for waiting in pending:
            if waiting["key"] == created and waiting["attempt"] == 0:
                pending.remove(waiting)
                return True
        return False

    def _envelope(self, subscription: Json, bots: list[Json], kind: str, entity: Json, caller: Caller) -> Json:
        now = self.world.simulator.now()
        connection = self.world.state["connections"][subscription["client_id"]]
        workspace = self.world.state["workspaces"][caller.workspace_id]
        event: Json = {
            "id": self.world.new_id(),
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
            "workspace_id": workspace["id"],
            "workspace_name": workspace["name"],
            "subscription_id": subscription["id"],
            "integration_id": connection["integration_id"],
            "type": kind,
            "api_version": "2026-03-11",
            "attempt_number": 1,
            "authors": [caller.author],
            "entity": entity,
        }
        if not connection["internal"]:
            people = [{"id": bot["owner"], "type": "person"} for bot in bots if bot["owner"]]
            event["accessible_by"] = [*people, *({"id": bot["id"], "type": "bot"} for bot in bots)][:MOST_LISTED]
        return event

    def _parent(self, node: Json) -> Json:
        parent = node["parent"]
        match parent["type"]:
            case "workspace":
                return {"id": node["workspace_id"], "type": "space"}
            case "data_source_id":
                return {
                    "id": parent["database_id"],
                    "type": "database",
                    "data_source_id": parent["data_source_id"],
                }
            case kind:
                return {"id": parent[kind], "type": kind.removesuffix("_id")}

    # --- delivery -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start delivering in the background."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="notion-webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery that is under way."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=15)
            self._thread = None

    def wake(self) -> None:
        """Look again at what is due."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            wait = self.deliver_due()
            self._wake.wait(timeout=wait)
            self._wake.clear()

    def deliver_due(self) -> float:
        """Deliver everything that is due; return the seconds until something will be."""
        with self.world.simulator.lock:
            config = self.world.state["config"]
            due = [item for item in self.world.state["pending"] if item["due"] <= time.time()]
            if config["reorder"]:
                random.shuffle(due)
        for item in due:
            self._deliver(item)
        with self.world.simulator.lock:
            rest = [item["due"] for item in self.world.state["pending"]]
        return max(0.01, min((min(rest) - time.time()) if rest else 5.0, 5.0))

    def _deliver(self, item: Json) -> None:
        with self.world.simulator.lock:
            config = dict(self.world.state["config"])
            subscription = self.world.state["subscriptions"].get(item["subscription_id"])
            item["attempt"] += 1
            event = {**item["event"], "attempt_number": item["attempt"]}
        status = 0
        lost = random.random() < float(config["drop_rate"])
        if subscription is not None and not lost:
            raw = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
            headers = {"X-Notion-Signature": signature(subscription["verification_token"], raw)}
            status = self._post(subscription["url"], raw, headers)
            if config["duplicate"]:
                self._post(subscription["url"], raw, headers)
        with self.world.simulator.lock:
            self._settle(item, event, status, lost, float(config["retry_base_s"]))
            self.save()

    def _settle(self, item: Json, event: Json, status: int, lost: bool, base: float) -> None:
        """Log the attempt; put the event back for later, or be done with it."""
        log: list[Json] = self.world.state["deliveries"]
        done = 200 <= status < 300 or lost or item["attempt"] >= ATTEMPTS
        log.append(
            {
                "event_id": event["id"],
                "subscription_id": item["subscription_id"],
                "type": event["type"],
                "entity": event["entity"],
                "attempt": item["attempt"],
                "status": status,
                "outcome": "lost" if lost else "delivered" if 200 <= status < 300 else "failed",
                "at": self.world.simulator.now().isoformat(),
                "event": event,
            }
        )
        del log[:-_LOG_LENGTH]
        if not done:
            item["due"] = time.time() + base * 2 ** (item["attempt"] - 1)
        elif item in self.world.state["pending"]:
            self.world.state["pending"].remove(item)

    @staticmethod
    def _post(url: str, raw: bytes, headers: dict[str, str]) -> int:
        sent = {"Content-Type": "application/json", "User-Agent": "notion-api", **headers}
        with suppress(requests.RequestException):
            return requests.post(url, data=raw, headers=sent, timeout=10, allow_redirects=False).status_code
        return 0


def _merge(event: Json, caller: Caller, data: Json) -> None:
    if caller.author not in event["authors"]:
        event["authors"] = [*event["authors"], caller.author][:MOST_LISTED]
    for key in ("updated_blocks", "updated_properties"):
        known = event["data"].get(key, [])
        new = [item for item in data.get(key, []) if item not in known]
        if new:
            event["data"][key] = [*known, *new][:MOST_LISTED]
