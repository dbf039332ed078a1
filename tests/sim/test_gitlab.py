"""The simulated GitLab is as strict as GitLab: what it refuses, and what it tells others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.gitlab.simulator import GitLabSimulator

WORD = "gl-word-" + "1"
PROJECT = "/projects/acme%2Finner%2Fshop"


class Lab:
    """A served simulator with a project in a group within a group, and somebody who listens to its webhooks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sim = GitLabSimulator(folder)
        self.server = serve(self.sim)
        self.url = self.sim.base_url
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    def control(self, path: str, body: Any) -> Any:
        return requests.post(self.url + path, json=body, timeout=10).json()

    def call(self, method: str, path: str, body: Any = None, token: str = WORD, **given: Any) -> requests.Response:
        headers = {"PRIVATE-TOKEN": token} if token else {}
        return requests.request(
            method, f"{self.url}/api/v4{path}", json=body, headers={**headers, **given.pop("headers", {})}, timeout=10
        )

    def commit(self, *actions: dict[str, Any], **fields: Any) -> requests.Response:
        body = {"branch": "main", "commit_message": "A change", "actions": list(actions), **fields}
        return self.call("POST", f"{PROJECT}/repository/commits", body)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "lab")
    made.control(
        "/_seed", [{"username": "ada", "token": WORD, "group": "acme/inner"}, {"username": "bo", "token": "b"}]
    )
    space = made.call("GET", "/namespaces/acme%2Finner").json()
    wanted = {"name": "Shop", "path": "shop", "namespace_id": space["id"], "initialize_with_readme": True}
    assert made.call("POST", "/projects", wanted).status_code == 201
    yield made
    made.server.shutdown()


@pytest.fixture
def listener(lab: Lab) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            lab.taken.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(lab.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hear"
    server.shutdown()
    server.server_close()


def test_who_may_do_what(lab: Lab) -> None:
    for token, status in (("", 401), ("wrong", 401), ("b", 404)):
        assert lab.call("GET", PROJECT, token=token).status_code == status
    assert lab.call("GET", PROJECT, token="", headers={"Authorization": f"Bearer {WORD}"}).status_code == 200
    lab.control("/_seed", {"project": "acme/inner/shop", "member": "bo", "access": 30})
    action = {"action": "create", "file_path": "a", "content": "a"}
    body = {"branch": "main", "commit_message": "A", "actions": [action]}
    refused = lab.call("POST", f"{PROJECT}/repository/commits", body, token="b")
    assert (refused.status_code, "not allowed to push" in refused.json()["message"]) == (403, True)
    assert lab.call("GET", f"{PROJECT}/hooks", token="b").status_code == 403
    assert lab.call("POST", "/projects", {"name": "x", "namespace_id": 1}).status_code == 404


def test_what_a_commit_may_not_hold(lab: Lab) -> None:
    head = lab.call("GET", f"{PROJECT}/repository/branches/main").json()["commit"]["id"]
    new = {"action": "create", "file_path": "a.txt", "content": "a"}
    for actions, fields, said in (
        ([{**new, "file_path": "README.md"}], {}, "already exists"),
        ([{**new, "action": "update"}], {}, "doesn't exist"),
        ([{"action": "delete", "file_path": "a.txt"}], {}, "doesn't exist"),
        ([{**new, "file_path": "../a"}], {}, "invalid"),
        ([{**new, "file_path": ".git/config"}], {}, "invalid"),
        ([{**new, "file_path": "README.md/x"}], {}, "directory"),
        ([{**new, "encoding": "base64", "content": "?"}], {}, "Base64"),
        ([{**new, "action": "link"}], {}, "valid value"),
        ([{**new, "mode": "755"}], {}, "invalid"),
        ([new], {"start_sha": head}, "already exists"),
        ([new], {"branch": "b", "start_sha": head[:8]}, "Invalid start_sha"),
        ([new], {"branch": "b", "start_sha": "0" * 40}, "start_sha"),
        ([new], {"branch": "b", "start_sha": head, "start_branch": "main"}, "both"),
        ([new], {"branch": "b"}, "on a branch"),
        ([new], {"branch": "b..c", "start_sha": head}, "invalid"),
        ([new], {"sha": head}, "not known"),
        ([{**new, "action": "update", "file_path": "README.md", "last_commit_id": "0" * 40}], {}, "has changed"),
    ):
        answer = lab.commit(*actions, **fields)
        assert answer.status_code == 400, actions
        assert said in answer.text, (actions, answer.text)
    assert lab.call("GET", f"{PROJECT}/repository/branches/main").json()["commit"]["id"] == head


def test_a_file_that_moves_and_one_that_can_be_executed_are_what_git_clones(lab: Lab, tmp_path: Path) -> None:
    made = lab.commit(
        {"action": "move", "previous_path": "README.md", "file_path": "docs/read.md"},
        {"action": "create", "file_path": "run.sh", "content": base64.b64encode(b"#!/bin/sh\n").decode(),
         "encoding": "base64"},
        {"action": "chmod", "file_path": "run.sh", "execute_filemode": True},
        author_name="Ada Example", author_email="ada@example.test",
    )  # fmt: skip
    assert made.status_code == 201
    address = lab.url.replace("http://", f"http://oauth2:{WORD}@") + "/acme/inner/shop.git"
    subprocess.run(["git", "clone", "--quiet", address, str(tmp_path / "clone")], check=True, capture_output=True)
    shown = subprocess.run(
        ["git", "-C", str(tmp_path / "clone"), "ls-files", "--stage"], check=True, capture_output=True, text=True
    ).stdout
    assert [line.split()[0] + " " + line.split("\t")[1] for line in shown.splitlines()] == [
        "100644 docs/read.md",
        "100755 run.sh",
    ]
    without = subprocess.run(
        ["git", "-c", "core.askPass=true", "clone", f"{lab.url}/acme/inner/shop.git", str(tmp_path / "no")],
        capture_output=True, check=False, env={"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert without.returncode != 0


def test_it_is_the_same_after_it_was_killed(lab: Lab) -> None:
    lab.commit({"action": "create", "file_path": "a.txt", "content": "a"})
    again = GitLabSimulator(lab.folder)
    assert again.state["projects"] == lab.sim.state["projects"]
    project = again.project_named("acme/inner/shop")
    assert project is not None
    assert again.bare(project).entries("main", "a.txt")


def test_its_limits_are_told_as_plain_text(lab: Lab) -> None:
    lab.commit({"action": "create", "file_path": "a", "content": "a"}, branch="b", start_branch="main")
    lab.call("POST", f"{PROJECT}/merge_requests", {"source_branch": "b", "target_branch": "main", "title": "T"})
    notes = f"{PROJECT}/merge_requests/1/notes"
    lab.sim.used["ada", "notes"] = (int(lab.sim.now().timestamp()) // 60, 60)
    answer = lab.call("POST", notes, {"body": "One too many"})
    if answer.status_code == 201:  # a new minute has begun in between
        lab.sim.used["ada", "notes"] = (int(lab.sim.now().timestamp()) // 60, 60)
        answer = lab.call("POST", notes, {"body": "One too many"})
    assert (answer.status_code, answer.text.strip(), answer.headers["Content-Type"]) == (
        429, "Retry later", "text/plain",
    )  # fmt: skip
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit-Limit"] == "2000"


def test_webhooks_are_signed_both_ways_and_show_no_secret(lab: Lab, listener: str) -> None:
    key = b"k" * 32
    wanted = {"url": listener, "token": "word", "signing_token": "whsec_" + base64.b64encode(key).decode()}
    made = lab.call("POST", f"{PROJECT}/hooks", {**wanted, "push_events": True}).json()
    assert (made["token_present"], made["signing_token_present"], "token" in made) == (True, True, False)
    assert lab.call("POST", f"{PROJECT}/hooks", {**wanted, "signing_token": "whsec_short"}).status_code == 400
    lab.commit({"action": "create", "file_path": "a", "content": "a"})
    assert lab.control("/_deliver", {}) == {"delivered": 1}
    ((headers, raw),) = lab.taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert (headers["webhook-signature"], headers["X-Gitlab-Token"]) == (expected, "word")
    assert (headers["X-Gitlab-Event"], headers["Idempotency-Key"]) == ("Push Hook", headers["webhook-id"])
    assert json.loads(raw)["project"]["path_with_namespace"] == "acme/inner/shop"


def test_a_webhook_that_fails_is_switched_off_for_a_while(lab: Lab, listener: str) -> None:
    lab.call("POST", f"{PROJECT}/hooks", {"url": listener, "push_events": True})
    lab.status = 500
    for number in range(5):
        lab.commit({"action": "create", "file_path": f"f{number}", "content": "x"})
        lab.control("/_deliver", {})
    assert len(lab.taken) == 4
    (hook,) = lab.call("GET", f"{PROJECT}/hooks").json()
    assert hook["alert_status"] == "temporarily_disabled"
    lab.status = 200
    lab.control("/_clock", {"offset_s": 120})
    lab.commit({"action": "create", "file_path": "late", "content": "x"})
    lab.control("/_deliver", {})
    assert len(lab.taken) == 5  # what was lost in between stays lost: GitLab does not repeat it
    assert lab.call("GET", f"{PROJECT}/hooks").json()[0]["alert_status"] == "executable"


def test_a_refresh_token_works_once(lab: Lab) -> None:
    back = "http://127.0.0.1:9/back"
    app = {"client_id": "c", "client_secret": "s", "redirect_uris": [back], "username": "ada"}
    lab.control("/_seed", {"application": app})
    asked = {"client_id": "c", "redirect_uri": back, "response_type": "code", "scope": "api", "state": "x"}
    to = requests.get(f"{lab.url}/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
    code = to.headers["Location"].partition("code=")[2].partition("&")[0]
    client = {"client_id": "c", "client_secret": "s", "redirect_uri": back}
    grant = {**client, "grant_type": "authorization_code", "code": code}
    first = requests.post(f"{lab.url}/oauth/token", data=grant, timeout=10).json()
    assert requests.post(f"{lab.url}/oauth/token", data=grant, timeout=10).json()["error"] == "invalid_grant"
    renew = {**client, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = requests.post(f"{lab.url}/oauth/token", data=renew, timeout=10).json()
    assert requests.post(f"{lab.url}/oauth/token", data=renew, timeout=10).json()["error"] == "invalid_grant"
    assert lab.call("GET", "/user", token=first["access_token"]).status_code == 401
    assert lab.call("GET", "/user", token=second["access_token"]).json()["username"] == "ada"
    lab.control("/_clock", {"offset_s": 7201})
    assert lab.call("GET", "/user", token=second["access_token"]).status_code == 401
