"""Deliveries to the function notion-webhook, and what it puts on the queue."""

from __future__ import annotations

import json
from typing import Any

import requests

from tests.support.rigs.house import Neighbourhood
from tests.support.simulators.world import sign


def post_raw(house: Neighbourhood, raw: bytes, signature: str | None) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["X-Notion-Signature"] = signature
    return requests.post(house.house.functions["notion-webhook"], data=raw, headers=headers, timeout=10)


def list_queued(house: Neighbourhood, page: str) -> list[dict[str, Any]]:
    store = house.house.wired.local_store
    assert store is not None
    with store.reading() as connection:
        found = [json.loads(body) for (body,) in connection.execute("SELECT body FROM tasks ORDER BY id")]
    return [task for task in found if task.get("ref") == page]


def name_person(house: Neighbourhood) -> list[dict[str, str]]:
    return [{"id": house.home.person, "type": "person"}]


def make_event(house: Neighbourhood, page: str, **fields: Any) -> dict[str, Any]:
    return house.event(page, fields.pop("authors", name_person(house)), fields.pop("kind", "page.created"), **fields)


def send_signed(house: Neighbourhood, key: str, event: dict[str, Any]) -> requests.Response:
    raw = json.dumps(event).encode()
    return post_raw(house, raw, sign(raw, key))
