"""Webhooks: handshake, merging of frequent events, signing, and delivery with up to eight attempts."""

import copy
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from shared.local.simulators._hooks import Sender, post
from shared.local.simulators.notion.subscriptions import Subscriptions
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]

ATTEMPTS = 8
OLDEST = "2022-06-28"
MAX_LISTED = 100
_AT_ONCE = ("comment.", "page.locked", "page.unlocked", "file_upload.", "view.")  # never merged
_LOG_LENGTH = 500


def signature(key: str, raw: bytes) -> str:
    """Return the value of X-Notion-Signature for a raw body."""
    return "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()


class Webhooks(Sender):
    """Events and their deliveries; all of it in the state, so a killed simulator goes on where it was."""

    def __init__(self, world: World, save: Callable[[], None], catch_up: Callable[[], float | None]) -> None:
        super().__init__("notion-webhooks")
        self.world = world
        self.save = save
        self.catch_up = catch_up
        self.subscriptions = Subscriptions(world, save, self._post)
        pending = world.state["pending"].scan()
        self._mergeable = {item["key"]: item["event"]["id"] for item in pending if item["attempt"] == 0}

    def announce(self, kind: str, node: Json, caller: Caller, data: Json) -> None:
        """Remember an event for every subscription whose connection has a bot that sees the node."""
        entity = node.get("entity") or {"id": node["id"], "type": node["object"]}
        data = data if "parent" in data or "target" in data else {"parent": self._parent(node), **data}
        for subscription, mine in self._listening(kind):
            bots = [bot for bot in mine if self.world.bot_sees(bot, node)]
            if not bots:
                continue
            if subscription.get("api_version") == OLDEST and kind.startswith("data_source."):
                # Before tables were parts of databases, their events were the database's.
                if kind in ("data_source.content_updated", "data_source.schema_updated"):
                    database = self.world.nodes[node["parent"]["database_id"]]
                    old = {**copy.deepcopy(data), "parent": self._parent(database)}
                    what = kind.replace("data_source", "database")
                    about = {"id": database["id"], "type": "database"}
                    self._remember(subscription, bots, what, about, caller, old)
                continue
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
        if kind.endswith(".deleted") and self._swallow(f"{subscription['id']} {entity['id']} {entity['type']}.created"):
            return
        waiting = self._waiting(key) if merged else None
        if waiting is not None:
            _merge(waiting["event"], caller, data)
            waiting["event"]["timestamp"] = self._timestamp()
            return
        event = self._envelope(subscription, bots, kind, entity, caller)
        if data:
            event["data"] = copy.deepcopy(data)
        window = float(config["aggregation_s"]) if merged else 0.0
        closes = self._now() + window
        due = closes + float(config["webhook_delay_s"])
        if self._chance(event["id"], "late") < float(config["late_share"]):
            due += float(config["late_s"])
        item = {"key": key, "subscription_id": subscription["id"], "event": event, "attempt": 0, "due": due}
        item["closes"] = closes  # from then on nothing is merged into it, however late it comes
        self.world.state["pending"][event["id"]] = item
        self._mergeable[key] = event["id"]

    def _timestamp(self) -> str:
        """Return the present time as events write it; a merged event has that of the last change in it."""
        now = self.world.simulator.now()
        return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"

    def _now(self) -> float:
        return self.world.simulator.now().timestamp()

    def _chance(self, event_id: str, what: str) -> float:
        """Return a number below 1 that is the same for the same seed and event."""
        return random.Random(f"{self.world.state['config']['seed']} {event_id} {what}").random()

    def _waiting(self, key: str) -> Json | None:
        """Return an event that was not sent yet and takes more of its kind in."""
        item: Json | None = self.world.state["pending"].get(self._mergeable.get(key, ""))
        return item if item is not None and item["attempt"] == 0 and item["closes"] > self._now() else None

    def _swallow(self, created: str) -> bool:
        """Something made and deleted inside one window makes no event at all."""
        waiting = self._waiting(created)
        if waiting is not None:
            del self.world.state["pending"][waiting["event"]["id"]]
        return waiting is not None

    def _envelope(self, subscription: Json, bots: list[Json], kind: str, entity: Json, caller: Caller) -> Json:
        connection = self.world.state["connections"][subscription["client_id"]]
        workspace = self.world.state["workspaces"][caller.workspace_id]
        event: Json = {
            "id": self.world.new_id(),
            "timestamp": self._timestamp(),
            "workspace_id": workspace["id"],
            "workspace_name": workspace["name"],
            "subscription_id": subscription["id"],
            "integration_id": connection["integration_id"],
            "type": kind,
            "api_version": subscription.get("api_version", "2026-03-11"),
            "attempt_number": 1,
            "authors": [caller.author],
            "entity": entity,
        }
        if not connection["internal"]:
            people = [{"id": bot["owner"], "type": "person"} for bot in bots if bot["owner"]]
            event["accessible_by"] = [*people, *({"id": bot["id"], "type": "bot"} for bot in bots)][:MAX_LISTED]
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

    def turn(self) -> float:
        """Do the work whose time has come, and deliver what is due."""
        later = self.catch_up()
        wait = self.deliver_due()
        return wait if later is None else max(0.01, min(wait, later - self._now()))

    def deliver_due(self) -> float:
        """Deliver everything that is due on the simulator's clock; return the seconds until something will be."""
        with self.world.simulator.lock:
            config = self.world.state["config"]
            due = [item for item in self.world.state["pending"].scan() if item["due"] <= self._now()]
            due.sort(key=lambda item: float(item["due"]))
            if config["reorder"]:
                random.Random(f"{config['seed']} {len(due)} {self.world.state['delivered']}").shuffle(due)
            ids = [item["event"]["id"] for item in due]
        for event_id in ids:
            self._deliver(event_id)
        with self.world.simulator.lock:
            rest = [item["due"] for item in self.world.state["pending"].scan()]
            return max(0.01, min((min(rest) - self._now()) if rest else 5.0, 5.0))

    def _deliver(self, event_id: str) -> None:
        with self.world.simulator.lock:
            item = self.world.state["pending"].get(event_id)
            if item is None or item["due"] > self._now():
                return
            config = dict(self.world.state["config"])
            subscription = self.world.state["subscriptions"].get(item["subscription_id"])
            attempt = item["attempt"] + 1
            item["attempt"] = attempt  # from here on nothing is merged into it
            event = {**item["event"], "attempt_number": attempt}
            lost = self._chance(event_id, "drop") < float(config["drop_share"])
            twice = config["duplicate"] or self._chance(event_id, "twice") < float(config["duplicate_share"])
        status = 0
        if subscription is not None and not lost:
            raw = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
            headers = {"X-Notion-Signature": signature(subscription["verification_token"], raw)}
            status = self._post(subscription["url"], raw, headers)
            if twice:
                self._post(subscription["url"], raw, headers)
        with self.world.simulator.lock:
            self._settle(event, status, lost, float(config["retry_base_s"]))
            self.save()

    def _settle(self, event: Json, status: int, lost: bool, base: float) -> None:
        """Log the attempt; put the event back for later, or be done with it."""
        state = self.world.state
        item = state["pending"].get(event["id"])
        attempt = event["attempt_number"]
        done = 200 <= status < 300 or lost or attempt >= ATTEMPTS
        state["delivered"] += 1
        state["deliveries"][str(state["delivered"])] = {
            "event_id": event["id"],
            "subscription_id": event["subscription_id"],
            "type": event["type"],
            "entity": event["entity"],
            "attempt": attempt,
            "status": status,
            "outcome": "lost" if lost else "delivered" if 200 <= status < 300 else "failed",
            "at": self.world.simulator.now().isoformat(),
            "event": event,
        }
        state["deliveries"].pop(str(state["delivered"] - _LOG_LENGTH), None)
        if item is None:
            return
        if done:
            del state["pending"][event["id"]]
            if self._mergeable.get(item["key"]) == event["id"]:
                del self._mergeable[item["key"]]
        else:
            item["due"] = self._now() + base * 2 ** (attempt - 1)

    @staticmethod
    def _post(url: str, raw: bytes, headers: dict[str, str]) -> int:
        return post(url, raw, {"User-Agent": "notion-api", **headers})


def _merge(event: Json, caller: Caller, data: Json) -> None:
    if caller.author not in event["authors"]:
        event["authors"] = [*event["authors"], caller.author][:MAX_LISTED]
    for key in ("updated_blocks", "updated_properties"):
        known = event["data"].get(key, [])
        new = [item for item in data.get(key, []) if item not in known]
        if new:
            event["data"][key] = [*known, *new][:MAX_LISTED]
