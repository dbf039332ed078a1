"""forge-webhook over HTTP: who may speak to it, what it takes, and what it puts on the queue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from functions_framework import create_app
from werkzeug.serving import make_server

from shared.app.intake.accept_forge_delivery import APP_SECRET, KEY, MAX_BYTES, note_installation
from shared.app.intake.forge_signatures import signing_token
from shared.core.documents.hook import KIND as HOOKS
from shared.http_client import HttpClient
from shared.integrations.vercel.client import Vercel
from shared.local.simulators._server import serve
from shared.local.simulators.vercel import VercelSimulator
from shared.ports import SYSTEM, Put, Secret
from shared.wiring import wire
from tests.support.desks.forge_door import CEL, HUB, LAB, NOTE, OLD, REVIEW, THEIRS, ForgeDoor
from tests.support.rigs.house import forget_wiring

ROOT = Path(__file__).resolve().parents[3]
MINE, OTHER = "t-mine", "t-other"
FORGED = "This delivery is not signed by one of our webhooks."


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgeDoor]:
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
    yield ForgeDoor(app, deps)
    assert wired.local_store is not None
    wired.local_store.close()
    forget_wiring()
    patch.undo()


def _refused(answer: Any) -> None:
    assert (answer.status_code, answer.get_json()["detail"]) == (401, FORGED)


def test_a_genuine_delivery_becomes_one_command_however_often_it_comes(door: ForgeDoor) -> None:
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


def test_the_app_of_github_tells_by_installation_and_only_our_records_say_whose(door: ForgeDoor) -> None:
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


def test_a_deployment_is_told_by_the_run_that_made_it(door: ForgeDoor) -> None:
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
def test_what_github_has_not_signed_is_refused_with_one_answer(door: ForgeDoor, changed: dict[str, str]) -> None:
    before = len(door.queued())
    _refused(door.github(**changed))
    assert len(door.queued()) == before


def test_one_changed_byte_is_another_delivery(door: ForgeDoor) -> None:
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
def test_what_gitlab_has_not_signed_just_now_is_refused(door: ForgeDoor, changed: dict[str, Any]) -> None:
    before = len(door.queued())
    if "at" in changed:
        changed = {"at": int(door.deps.clock.now().timestamp()) + changed["at"]}
    _refused(door.gitlab(**changed))
    assert len(door.queued()) == before


def test_a_key_may_be_changed_and_an_id_is_signed_too(door: ForgeDoor) -> None:
    raw, at = json.dumps(NOTE).encode(), str(int(door.deps.clock.now().timestamp()))
    word = base64.b64decode(signing_token(door.secret("gitlab", LAB)).reveal().removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(word, f"m-2.{at}.".encode() + raw, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "m-2", "webhook-timestamp": at, "webhook-signature": f"v1,{'A' * 44} v1,{mac}"}
    assert door.post(f"/hooks/gitlab/{LAB}", raw, headers).status_code == 202
    _refused(door.post(f"/hooks/gitlab/{LAB}", raw, {**headers, "webhook-id": "m-3"}))


def test_the_old_token_is_enough_only_where_gitlab_cannot_sign(door: ForgeDoor) -> None:
    for hook, taken in ((OLD, True), (LAB, False)):
        token = door.secret("gitlab", hook).token.reveal()
        sent = {"X-Gitlab-Token": token, "Idempotency-Key": "i-1"}
        answer = door.post(f"/hooks/gitlab/{hook}", NOTE, sent)
        assert answer.status_code == (202 if taken else 401)
        for wrong in ("", token[:-1], token + "x", token.upper(), "é", door.secret("gitlab", LAB).token.reveal() + "y"):
            _refused(door.post(f"/hooks/gitlab/{hook}", NOTE, {**sent, "X-Gitlab-Token": wrong}))


def test_what_vercel_has_not_signed_lately_is_refused(door: ForgeDoor) -> None:
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
def test_genuine_nonsense_is_no_server_error(door: ForgeDoor, body: bytes) -> None:
    assert door.github(body).status_code in (202, 400)
    assert door.gitlab(body).status_code in (202, 400)
    assert door.vercel(body).status_code in (202, 400, 401)


def test_a_genuine_delivery_without_an_id_says_so_and_too_large_a_one_is_not_read(door: ForgeDoor) -> None:
    answer = door.github(**{"X-GitHub-Delivery": ""})
    assert (answer.status_code, answer.get_json()["detail"]) == (400, "The delivery has no id of its own.")
    assert door.github(b" " * (MAX_BYTES + 1)).status_code == 413


def test_what_the_host_itself_sends_is_taken_once(door: ForgeDoor, tmp_path: Path) -> None:
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
