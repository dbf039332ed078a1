"""The function forge-webhook as the platform loads it, and deliveries signed as each vendor's description says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.intake.accept_forge_delivery import KEY
from shared.app.intake.forge_signatures import keys_of, signing_token
from shared.wiring import wire

HUB, LAB, OLD, CEL, THEIRS = ("a" * 32, "b" * 32, "c" * 32, "d" * 32, "e" * 32)

REVIEW = {
    "action": "submitted",
    "pull_request": {"number": 7},
    "repository": {"full_name": "acme/shop"},
    "sender": {"login": "bo"},
    "installation": {"id": 99},
}
NOTE = {
    "object_kind": "note",
    "user": {"username": "bo"},
    "project": {"path_with_namespace": "acme/inner/shop"},
    "object_attributes": {"noteable_type": "MergeRequest", "note": "rm -rf"},
    "merge_request": {"iid": 7},
}


@dataclass
class ForgeDoor:
    """The function, as the platform loads it, on a store in a folder."""

    app: Any
    deps: Deps

    def post(self, path: str, body: Any, headers: dict[str, str]) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.app.test_client().post(path, data=raw, headers={"Content-Type": "application/json", **headers})

    def queued(self) -> list[dict[str, Any]]:
        store = wire().local_store
        assert store is not None
        with store.reading() as connection:
            return [json.loads(body) for (body,) in connection.execute("SELECT body FROM tasks ORDER BY id")]

    def since(self, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [task for task in self.queued() if task not in before]

    def secret(self, system: str, hook: str) -> Any:
        return keys_of(self.deps.secrets.get(KEY), system, hook)

    # each of these signs as the vendor's own description says, with nothing of the code under test but the key

    def github(self, body: Any = REVIEW, hook: str = HUB, event: str = "pull_request_review", **given: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = given.pop("key", self.secret("github", hook).token.reveal())
        headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": "d-1"}
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
        return self.post(given.pop("path", f"/hooks/github/{hook}"), raw, headers | given)

    def gitlab(self, body: Any = NOTE, hook: str = LAB, at: int | None = None, key: str = "", **given: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        when = str(int(self.deps.clock.now().timestamp()) if at is None else at)
        word = key or signing_token(self.secret("gitlab", hook)).reveal()
        name = given.get("webhook-id", "m-1")
        mac = hmac.new(base64.b64decode(word.removeprefix("whsec_")), f"{name}.{when}.".encode() + raw, hashlib.sha256)
        headers = {"webhook-id": name, "webhook-timestamp": when, "X-Gitlab-Event": "Note Hook"}
        headers["webhook-signature"] = "v1," + base64.b64encode(mac.digest()).decode()
        return self.post(given.pop("path", f"/hooks/gitlab/{hook}"), raw, headers | given)

    def vercel(self, body: Any, key: str = "vercel-word", hook: str = CEL, **given: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"x-vercel-signature": hmac.new(key.encode(), raw, hashlib.sha1).hexdigest()}
        return self.post(f"/hooks/vercel/{hook}", raw, headers | given)

    def deployed(self, hours_ago: float = 0, kind: str = "deployment.ready") -> dict[str, Any]:
        at = int((self.deps.clock.now().timestamp() - hours_ago * 3600) * 1000)
        deployment = {"id": "dpl_1", "meta": {"workwright-run": "run-1"}}
        return {"id": "evt-1", "type": kind, "createdAt": at, "payload": {"deployment": deployment}}
