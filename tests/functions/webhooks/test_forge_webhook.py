"""forge-webhook over HTTP: who may speak to it, what it takes, and what it puts on the queue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from functions_framework import create_app
from werkzeug.serving import make_server

from shared.app.engine.deps import Deps
from shared.app.intake.accept_forge_delivery import APP_SECRET, HOOKS, KEY, MAX_BYTES, note_installation
from shared.app.intake.forge_signatures import keys_of, signing_token
from shared.http_client import HttpClient
from shared.integrations.vercel.client import Vercel
from shared.local.simulators._server import serve
from shared.local.simulators.vercel import VercelSimulator
from shared.ports import SYSTEM, Put, Secret
from shared.wiring import wire
from tests.support.rigs.house import forget_wiring

ROOT = Path(__file__).resolve().parents[3]
MINE, OTHER = "t-mine", "t-other"
HUB, LAB, OLD, CEL, THEIRS = ("a" * 32, "b" * 32, "c" * 32, "d" * 32, "e" * 32)
FORGED = "This delivery is not signed by one of our webhooks."

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
class Door:
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


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    patch = pytest.MonkeyPatch()
    patch.setenv("WORKWRIGHT_DATA", str(tmp_path_factory.mktemp("door")))
    forget_wiring()
    wired = wire()
    deps = wired.deps
    deps.secrets.set(KEY, Secret("a key of the tests"))
    deps.secrets.set(APP_SECRET, Secret("app-word"))
    sealed = deps.secrets.seal(MINE, f"hook.{CEL}", Secret("vercel-word"))
    for hook, tenant, system, more in (
        (HUB, MINE, "github", {}),
        (LAB, MINE, "gitlab", {}),
        (OLD, MINE, "gitlab", {"signed": False}),
        (CEL, MINE, "vercel", {"secret": sealed}),
        (THEIRS, OTHER, "github", {}),
    ):
        deps.store.put(SYSTEM, Put(HOOKS, hook, {"tenant": tenant, "system": system, **more}))
    for tenant in (MINE, OTHER, MINE):
        note_installation(deps, tenant, 99)
    app = create_app("forge_webhook", str(ROOT / "functions" / "forge-webhook" / "main.py"))  # type: ignore[no-untyped-call]
    yield Door(app, deps)
    assert wired.local_store is not None
    wired.local_store.close()
    forget_wiring()
    patch.undo()


def _refused(answer: Any) -> None:
    assert (answer.status_code, answer.get_json()["detail"]) == (401, FORGED)


def test_githubs_published_vector_holds() -> None:
    """GitHub's documentation of webhook signatures: this secret signs this body with this signature."""
    from shared.app.intake.forge_signatures import Keys, check

    secret, body = "It's a Secret to Everybody", b"Hello, World!"
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    now = wire().deps.clock.now()
    check("github", body, {"x-hub-signature-256": signature}, Keys(Secret(secret), secret.encode()), now)


def test_the_vector_of_standard_webhooks_holds() -> None:
    """The specification's own example: key, id, time and body give this signature."""
    from datetime import UTC, datetime

    from shared.app.intake.forge_signatures import Keys, check

    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    then = datetime.fromtimestamp(1614265330, UTC)
    check("gitlab", b'{"test": 2432232314}', headers, Keys(Secret("t"), key), then)


def test_a_genuine_delivery_becomes_one_command_however_often_it_comes(door: Door) -> None:
    before = door.queued()
    for _ in range(3):
        answer = door.github()
        assert (answer.status_code, answer.get_json()) == (202, {"accepted": 1})
    (task,) = door.since(before)
    assert (task["name"], task["function"], task["tenant"]) == ("change", "deploy", MINE)
    assert (task["ref"], task["topic"]) == ("github:acme/shop#7", "reviewed:bo")
    for _ in range(2):
        assert door.gitlab().status_code == 202
    (second,) = door.since([*before, task])
    assert (second["ref"], second["topic"]) == ("gitlab:acme/inner/shop#7", "reviewed:bo")
    assert "rm -rf" not in json.dumps(door.queued())  # ids only, no text of anybody's


def test_the_app_of_github_tells_by_installation_and_only_our_records_say_whose(door: Door) -> None:
    before = door.queued()
    sent = {"path": "/hooks/github", "key": "app-word", "X-GitHub-Delivery": "app-1"}
    for _ in range(2):
        assert door.github(**sent).get_json() == {"accepted": 2}
    assert sorted(task["tenant"] for task in door.since(before)) == [MINE, OTHER]  # both have connected it
    for installation in ({"id": 98}, {"id": "99"}, None, 99):
        answer = door.github({**REVIEW, "installation": installation}, **sent)
        assert (answer.status_code, answer.get_json()) == (202, {"ignored": True})
    _refused(door.github(path="/hooks/github"))  # signed with a tenant's webhook
    _refused(door.github(key="app-word"))  # and the other way round


def test_a_deployment_is_told_by_the_run_that_made_it(door: Door) -> None:
    before = door.queued()
    assert door.vercel(door.deployed()).get_json() == {"accepted": 1}
    (task,) = door.since(before)
    assert (task["run"], task["topic"], task["ref"], task["tenant"]) == ("run-1", "deployed", "vercel", MINE)
    assert door.vercel(door.deployed(kind="domain.created")).get_json() == {"ignored": True}


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha1=" + "0" * 40},
        {"X-Hub-Signature-256": "é"},
        {"key": "another word"},
        {"key": ""},
        {"path": f"/hooks/github/{LAB}"},
        {"path": f"/hooks/github/{THEIRS}"},
        {"path": f"/hooks/github/{'f' * 32}"},
        {"path": "/hooks/github/"},
        {"path": f"/hooks/gitlab/{HUB}"},
        {"path": f"/hooks/nobody/{HUB}"},
        {"path": f"/hooks/github/{HUB[:31]}"},
        {"path": f"/hooks/github/{HUB}/more"},
        {"path": "/"},
    ],
    ids=str,
)
def test_what_github_has_not_signed_is_refused_with_one_answer(door: Door, changed: dict[str, str]) -> None:
    before = len(door.queued())
    _refused(door.github(**changed))
    assert len(door.queued()) == before


def test_one_changed_byte_is_another_delivery(door: Door) -> None:
    raw = json.dumps(REVIEW).encode()
    key = door.secret("github", HUB).token.reveal()
    signature = "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-GitHub-Event": "pull_request_review", "X-GitHub-Delivery": "d-9"}
    for wrong in (raw + b" ", raw.replace(b"7", b"8"), b"", raw[:-1]):
        _refused(door.post(f"/hooks/github/{HUB}", wrong, {**headers, "X-Hub-Signature-256": signature}))
    _refused(door.post(f"/hooks/github/{HUB}", raw, {**headers, "X-Hub-Signature-256": signature.upper()}))


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v2," + "A" * 44},
        {"webhook-signature": "v1," + "A" * 44},
        {"webhook-signature": "é"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "12"},
        {"webhook-timestamp": "-1"},
        {"key": "whsec_" + base64.b64encode(b"x" * 32).decode()},
        {"at": 301},
        {"at": -330},  # until it is read, it ages
        {"path": f"/hooks/gitlab/{OLD}"},
        {"path": f"/hooks/gitlab/{'f' * 32}"},
        {"path": f"/hooks/github/{LAB}"},
    ],
    ids=str,
)
def test_what_gitlab_has_not_signed_just_now_is_refused(door: Door, changed: dict[str, Any]) -> None:
    before = len(door.queued())
    if "at" in changed:
        changed = {"at": int(door.deps.clock.now().timestamp()) + changed["at"]}
    _refused(door.gitlab(**changed))
    assert len(door.queued()) == before


def test_a_key_may_be_changed_and_an_id_is_signed_too(door: Door) -> None:
    raw, at = json.dumps(NOTE).encode(), str(int(door.deps.clock.now().timestamp()))
    word = base64.b64decode(signing_token(door.secret("gitlab", LAB)).reveal().removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(word, f"m-2.{at}.".encode() + raw, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "m-2", "webhook-timestamp": at, "webhook-signature": f"v1,{'A' * 44} v1,{mac}"}
    assert door.post(f"/hooks/gitlab/{LAB}", raw, headers).status_code == 202
    _refused(door.post(f"/hooks/gitlab/{LAB}", raw, {**headers, "webhook-id": "m-3"}))


def test_the_old_token_is_enough_only_where_gitlab_cannot_sign(door: Door) -> None:
    for hook, taken in ((OLD, True), (LAB, False)):
        token = door.secret("gitlab", hook).token.reveal()
        sent = {"X-Gitlab-Token": token, "Idempotency-Key": "i-1"}
        answer = door.post(f"/hooks/gitlab/{hook}", NOTE, sent)
        assert answer.status_code == (202 if taken else 401)
        for wrong in ("", token[:-1], token + "x", token.upper(), "é", door.secret("gitlab", LAB).token.reveal() + "y"):
            _refused(door.post(f"/hooks/gitlab/{hook}", NOTE, {**sent, "X-Gitlab-Token": wrong}))


def test_what_vercel_has_not_signed_lately_is_refused(door: Door) -> None:
    good = door.deployed()
    raw = json.dumps(good).encode()
    right = hmac.new(b"vercel-word", raw, hashlib.sha1).hexdigest()
    derived = door.secret("vercel", CEL).token.reveal()
    before = len(door.queued())
    for signature in ("", right[:-1], right + "0", right.upper(), f"sha1={right}", "0" * 40, "é"):
        _refused(door.post(f"/hooks/vercel/{CEL}", raw, {"x-vercel-signature": signature}))
    _refused(door.post(f"/hooks/vercel/{CEL}", raw + b" ", {"x-vercel-signature": right}))
    _refused(door.vercel(good, key="another"))
    _refused(door.vercel(good, key=derived))  # where a system brings its own word, ours counts for nothing
    _refused(door.vercel(good, hook="f" * 32))
    _refused(door.vercel(door.deployed(hours_ago=27)))
    _refused(door.vercel({**good, "createdAt": "now"}))
    _refused(door.vercel({**good, "createdAt": 10**30}))
    assert len(door.queued()) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"text"', b"\xff", b"[" * 50_000], ids=repr)
def test_genuine_nonsense_is_no_server_error(door: Door, body: bytes) -> None:
    assert door.github(body).status_code in (202, 400)
    assert door.gitlab(body).status_code in (202, 400)
    assert door.vercel(body).status_code in (202, 400, 401)


def test_a_genuine_delivery_without_an_id_says_so_and_too_large_a_one_is_not_read(door: Door) -> None:
    answer = door.github(**{"X-GitHub-Delivery": ""})
    assert (answer.status_code, answer.get_json()["detail"]) == (400, "The delivery has no id of its own.")
    assert door.github(b" " * (MAX_BYTES + 1)).status_code == 413


def _github(event: str, **body: Any) -> tuple[str, str, dict[str, Any]]:
    return "github", event, {"repository": {"full_name": "acme/shop"}, "sender": {"login": "bo"}, **body}


def _gitlab(kind: str, **body: Any) -> tuple[str, str, dict[str, Any]]:
    project = {"path_with_namespace": "acme/shop"}
    return "gitlab", "", {"object_kind": kind, "project": project, "user": {"username": "bo"}, **body}


OURS, HEAD = {"pull_request": {"number": 7}}, "workwright/shop-1"
TOLD = [
    (_github("pull_request_review_comment", action="created", **OURS), ["reviewed #7"]),
    (_github("issue_comment", action="created", issue={"number": 7, "pull_request": {}}), ["reviewed #7"]),
    (_github("issue_comment", action="created", issue={"number": 7}), []),  # of an issue
    (_github("pull_request", action="closed", pull_request={"number": 7, "merged": True}), ["merged #7"]),
    (_github("pull_request", action="closed", pull_request={"number": 7, "merged": False}), ["closed #7"]),
    (_github("pull_request", action="synchronize", **OURS), ["pushed #7"]),
    (_github("pull_request", action="labeled", **OURS), []),
    (_github("check_suite", action="completed", check_suite={"head_branch": HEAD}), [f"checked @{HEAD}"]),
    (_github("check_suite", action="requested", check_suite={"head_branch": HEAD}), []),
    (_github("check_suite", action="completed", check_suite={"head_branch": "main"}), []),
    (_github("check_run", action="completed", check_run={"check_suite": {"head_branch": HEAD}}), []),  # its suite tells
    (_github("status", branches=[{"name": "main"}, {"name": HEAD}]), [f"checked @{HEAD}"]),
    (_github("push", ref=f"refs/heads/{HEAD}"), [f"pushed @{HEAD}"]),
    (_github("push", ref="refs/heads/main"), []),
    (_github("star", action="created"), []),
    (_github("pull_request", action="closed", pull_request={"number": "7"}), []),
    (_github("pull_request", action="closed", pull_request={"number": -7}), []),
    (_github("push", ref=f"refs/heads/{HEAD}/../main"), []),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "approved"}), ["reviewed #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "close"}), ["closed #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "merge"}), ["merged #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "update", "oldrev": "1"}), ["pushed #7"]),
    (_gitlab("merge_request", object_attributes={"iid": 7, "action": "update"}), []),
    (_gitlab("pipeline", object_attributes={"status": "success", "ref": HEAD}), [f"checked @{HEAD}"]),
    (_gitlab("pipeline", object_attributes={"status": "failed", "ref": "x"}, merge_request={"iid": 7}), ["checked #7"]),
    (_gitlab("pipeline", object_attributes={"status": "running", "ref": HEAD}), []),
    (_gitlab("push", ref=f"refs/heads/{HEAD}"), [f"pushed @{HEAD}"]),
    (_gitlab("note", object_attributes={"noteable_type": "Issue"}), []),
    (_gitlab("note", object_attributes={"noteable_type": "MergeRequest"}, merge_request={"iid": True}), []),
]


@pytest.mark.parametrize(("delivery", "expected"), TOLD, ids=lambda each: str(each)[:70])
def test_what_a_delivery_tells(delivery: tuple[str, str, dict[str, Any]], expected: list[str]) -> None:
    from shared.app.intake.forge_events import news_of

    system, event, body = delivery
    told = [f"{each.what} {each.place}" for each in news_of(system, {"x-github-event": event}, body)]
    assert told == [each.replace(" ", " acme/shop", 1) for each in expected]


def test_what_the_host_itself_sends_is_taken_once(door: Door, tmp_path: Path) -> None:
    """The simulated Vercel signs and posts as the vendor says, to the function on a real port."""
    sim = VercelSimulator(tmp_path / "vercel")
    server, listener = serve(sim), make_server("127.0.0.1", 0, door.app)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        requests.post(f"{sim.base_url}/_seed", json={"token": "word"}, timeout=10)
        requests.post(f"{sim.base_url}/_config", json={"build_seconds": 0}, timeout=10)
        http = HttpClient("vercel", sim.base_url, Secret("word"), timeouts=(2, 10))
        url = f"http://127.0.0.1:{listener.server_port}/hooks/vercel/{CEL}"
        word = http.call("POST", "/v1/webhooks", json={"url": url, "events": ["deployment.ready"]}).json["secret"]
        sealed = door.deps.secrets.seal(MINE, f"hook.{CEL}", Secret(word))
        door.deps.store.put(SYSTEM, Put(HOOKS, CEL, {"tenant": MINE, "system": "vercel", "secret": sealed}))
        client = Vercel(http)
        client.deploy(client.ensure_site("club"), {"index.html": b"<p>"}, {"workwright-run": "run-7"})
        sim.offset += timedelta(seconds=5)
        before = door.queued()
        delivered = [requests.post(f"{sim.base_url}/{path}", timeout=10).json() for path in ("_deliver", "_redeliver")]
    finally:
        listener.shutdown()
        listener.server_close()
        server.shutdown()
        server.server_close()
    assert delivered == [{"delivered": 1}, {"delivered": 1}]
    (task,) = door.since(before)
    assert (task["run"], task["topic"], task["ref"], task["tenant"]) == ("run-7", "deployed", "vercel", MINE)
