"""The first request that `bench cold` sends to each function: a real one, with a real answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.app.api.keys import PEPPER, create_key
from shared.app.connections.connect_tickets import STATE_KEY
from shared.app.engine.deps import Deps
from shared.app.intake.accept_delivery import TOKEN
from shared.app.intake.accept_forge_delivery import APP_SECRET, note_installation
from shared.bench.cold.cold_cloud import StandIn
from shared.core.run.commands import Command, command_to_data
from shared.ports import SYSTEM, Put

TENANT = "t-bench"
_WORKSPACE, _BOT = "b" * 32, "c" * 32
_SIGNED = "made-up-" + "for-the-bench"
_INSTALLATION = 7
_QUEUED = {"plan": "attempt", "execute-step": "attempt", "deploy": "attempt", "notify": "notify"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and the answer that says it was carried out."""

    what: str
    status: int
    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def first_requests(cloud: StandIn, deps: Deps, url: str) -> dict[str, Asked]:
    """Return the request by function, after what it needs to be there is there; `url` is that of the functions."""
    for name in (TOKEN, APP_SECRET, STATE_KEY, "notion-client-id", PEPPER):
        cloud.keep_secret(name, _SIGNED)
    deps.store.put(SYSTEM, Put("bots", _BOT, {"tenant": TENANT, "workspace": _WORKSPACE}))
    note_installation(deps, TENANT, _INSTALLATION)
    key = create_key(deps, TENANT, "owner", "bench")
    asked = {
        "notion-webhook": notion_delivery("d-1", "p" * 32),
        "forge-webhook": _forge_delivery(),
        "oauth-callback": Asked("a browser sent to Notion to agree", 303, "GET", "/start?provider=notion"),
        "api": Asked("runs listed for a key", 200, "GET", "/v1/runs", {"Authorization": f"Bearer {key}"}),
        "code-runner": _authorize_request(
            cloud, url, "code-runner", Asked("an order without code, refused", 400, body=b"{}")
        ),
    }
    for function, name in _QUEUED.items():
        command = Command("c-1", name, function, TENANT, "r-gone", "s-1", attempt=1)
        body = json.dumps(command_to_data(command)).encode()
        wanted = Asked("a command for a run that is gone, looked up", 204, path=f"/t/{TENANT}", body=body)
        asked[function] = _authorize_request(cloud, url, function, wanted)
    for function in ("sweep", "sync"):
        asked[function] = _authorize_request(cloud, url, function, Asked("a round of the scheduler's", 200))
    return asked


def notion_delivery(delivery: str, page: str) -> Asked:
    """Return a signed delivery about a page of the bench's tenant."""
    event = {
        "id": delivery,
        "timestamp": datetime.now(UTC).isoformat(),
        "workspace_id": _WORKSPACE,
        "type": "page.content_updated",
        "authors": [{"id": "a" * 32, "type": "person"}],
        "accessible_by": [{"id": _BOT, "type": "bot"}],
        "entity": {"id": page, "type": "page"},
        "data": {"parent": {"id": "e" * 32, "type": "page"}},
    }
    body = json.dumps(event).encode()
    headers = {"X-Notion-Signature": _hmac(body), "Content-Type": "application/json"}
    return Asked("a signed delivery, written down and put on the queue", 200, headers=headers, body=body)


def seed_tenant(deps: Deps) -> None:
    """Make the tenant whose bot `notion_delivery` names."""
    deps.store.put(SYSTEM, Put("bots", _BOT, {"tenant": TENANT, "workspace": _WORKSPACE}))


def signing_secret() -> str:
    """Return what the bench's deliveries are signed with."""
    return _SIGNED


def _forge_delivery() -> Asked:
    event: dict[str, Any] = {
        "action": "submitted",
        "installation": {"id": _INSTALLATION},
        "repository": {"full_name": "acme/site"},
        "sender": {"login": "ada", "type": "User"},
        "pull_request": {"number": 3, "state": "open"},
        "review": {"state": "approved", "user": {"login": "ada", "type": "User"}},
    }
    body = json.dumps(event).encode()
    headers = {
        "X-Hub-Signature-256": _hmac(body),
        "X-GitHub-Event": "pull_request_review",
        "X-GitHub-Delivery": "d-1",
        "Content-Type": "application/json",
    }
    return Asked("a signed delivery, put on the queue", 202, path="/hooks/github", headers=headers, body=body)


def _authorize_request(cloud: StandIn, url: str, function: str, asked: Asked) -> Asked:
    headers = {"Authorization": cloud.authorization(f"{url}/{function}"), "Content-Type": "application/json"}
    return Asked(asked.what, asked.status, asked.method, asked.path, headers, asked.body)


def _hmac(body: bytes) -> str:
    return "sha256=" + hmac.new(_SIGNED.encode(), body, hashlib.sha256).hexdigest()
