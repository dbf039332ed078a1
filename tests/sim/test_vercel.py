"""The simulated Vercel, held against the field lists of the published description and the documented rules."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.vercel import VercelSimulator
from tests.integrations.conftest import Inbox, inbox

__all__ = ["inbox"]

Json = dict[str, Any]
TOKEN = "-".join(["test", "token"])

# What the published description calls required.
DEPLOYMENT = {"build", "creator", "env", "meta", "plan", "projectSettings", "readyState", "regions", "status", "type"}
LISTED = {"creator", "readyState", "type"}
PROJECT = {"alias", "defaultResourceConfig", "deploymentExpiration", "nodeVersion", "resourceConfig"}
EVENT = {"info", "type"}


class Client:
    def __init__(self, sim: VercelSimulator) -> None:
        self.sim = sim
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def __call__(self, method: str, path: str, status: int, body: Any = None, **more: Any) -> Any:
        answer = self.session.request(method, self.sim.base_url + path, json=body, timeout=10, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def control(self, path: str, body: Any) -> None:
        assert requests.post(f"{self.sim.base_url}{path}", json=body, timeout=10).status_code == 200

    def later(self, seconds: float) -> None:
        self.control("/_clock", {"offset_s": self.sim.offset.total_seconds() + seconds})

    def deploy(self, files: dict[str, str], target: str | None = "production", query: str = "", **more: Any) -> Json:
        listed = [{"file": name, "data": text, "encoding": "utf-8"} for name, text in files.items()]
        body = {"name": "site", "project": "site", "files": listed, **more} | ({"target": target} if target else {})
        made = self("POST", f"/v13/deployments{query}", 200, body)
        assert not DEPLOYMENT - set(made)
        return dict(made)

    def live(self, files: dict[str, str], **more: Any) -> Json:
        made = self.deploy(files, **more)
        self.later(2)
        return self.get(made["id"])

    def get(self, number: str) -> Json:
        return dict(self("GET", f"/v13/deployments/{number}", 200))

    def shown(self) -> str:
        return requests.get(f"{self.sim.base_url}/_alias/site/", timeout=10).text

    def production(self) -> str | None:
        target = self("GET", "/v9/projects/site", 200)["targets"].get("production")
        return target["id"] if target else None


def started(data: Path) -> Client:
    sim = VercelSimulator(data)
    serve(sim)
    return Client(sim)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Client]:
    client = started(tmp_path / "vercel")
    client.control("/_seed", {"token": TOKEN, "user": "ada", "teams": ["team_1"]})
    yield client
    client.session.close()


@pytest.fixture
def vercel(bare: Client) -> Client:
    made = bare("POST", "/v11/projects", 200, {"name": "site", "framework": None})
    assert not PROJECT - set(made)
    return bare


def effects(vercel: Client, kind: str) -> list[Json]:
    return [e for entry in vercel.sim.journal for e in entry["effects"] if e["kind"] == kind]


def test_a_deployment_asks_for_missing_files_and_serves_them_when_they_came(vercel: Client) -> None:
    content = b"<h1>hello</h1>"
    digest = hashlib.sha1(content).hexdigest()
    body = {"name": "site", "project": "site", "files": [{"file": "index.html", "sha": digest, "size": len(content)}]}
    missing = vercel("POST", "/v13/deployments", 400, body)["error"]
    assert (missing["code"], missing["missing"]) == ("missing_files", [digest])
    wrong = {"x-vercel-digest": "0" * 40}
    vercel("POST", "/v2/files", 400, data=content, headers=wrong)
    vercel("POST", "/v2/files", 400, data=content)
    for _ in range(2):
        vercel("POST", "/v2/files", 200, data=content, headers={"x-vercel-digest": digest})
    made = vercel("POST", "/v13/deployments", 200, body)
    vercel.later(2)
    ready = vercel.get(made["id"])
    assert (ready["readyState"], bool(ready["aliasAssigned"]), ready["target"]) == ("READY", True, None)
    answer = requests.get(f"http://{ready['url']}", timeout=10)
    assert (answer.status_code, answer.content) == (200, content)
    assert (len(effects(vercel, "file.upload")), len(effects(vercel, "deployment.create"))) == (1, 1)


def test_states_follow_each_other_in_time_and_nothing_is_served_before_ready(vercel: Client) -> None:
    vercel.control("/_config", {"build_seconds": 100})
    made = vercel.deploy({"index.html": "x"})
    seen = [made["readyState"]]
    for seconds in (20, 30, 60):
        assert requests.get(f"http://{made['url']}/", timeout=10).status_code == 404
        vercel.later(seconds)
        seen.append(vercel.get(made["id"])["readyState"])
    assert seen == ["QUEUED", "INITIALIZING", "BUILDING", "READY"]
    assert requests.get(f"http://{made['url']}/", timeout=10).text == vercel.shown() == "x"


def test_time_passes_without_being_moved(vercel: Client) -> None:
    vercel.control("/_config", {"build_seconds": 0.05})
    made = vercel.deploy({"index.html": "x"})
    until = time.monotonic() + 10
    while vercel.get(made["id"])["readyState"] != "READY":
        assert time.monotonic() < until
    assert vercel.production() == made["id"]


def test_the_same_deployment_is_made_once_unless_forced(vercel: Client) -> None:
    first = vercel.deploy({"index.html": "x"}, meta={"run": "1"})
    assert vercel.deploy({"index.html": "x"})["id"] == first["id"]
    assert vercel.deploy({"index.html": "y"})["id"] != first["id"]
    assert vercel.deploy({"index.html": "x"}, query="?forceNew=1")["id"] != first["id"]
    assert len(effects(vercel, "deployment.create")) == 3


def test_static_files_are_served_as_vercel_does(vercel: Client) -> None:
    files = {
        "index.html": "home",
        "docs/index.html": "docs",
        "app.js": "1",
        "style.css": "a{}",
        "404.html": "lost",
        "d.json": "{}",
    }
    base = f"http://{vercel.live(files)['url']}"
    got = {
        path: requests.get(f"{base}{path}", timeout=10)
        for path in ("/", "/docs", "/docs/", "/app.js", "/style.css", "/none")
    }
    assert {path: (answer.status_code, answer.text) for path, answer in got.items()} == {
        "/": (200, "home"),
        "/docs": (200, "docs"),
        "/docs/": (200, "docs"),
        "/app.js": (200, "1"),
        "/style.css": (200, "a{}"),
        "/none": (404, "lost"),
    }
    assert [got[path].headers["Content-Type"] for path in ("/", "/app.js", "/style.css")] == [
        "text/html; charset=utf-8",
        "text/javascript; charset=utf-8",
        "text/css; charset=utf-8",
    ]
    assert got["/"].headers["x-vercel-id"]
    assert requests.post(f"{base}/", timeout=10).status_code == 405
    tag = got["/"].headers["ETag"]
    assert requests.get(f"{base}/", headers={"If-None-Match": tag}, timeout=10).status_code == 304
    assert all(not entry["path"].startswith("/_") for entry in vercel.sim.journal)


def test_a_public_folder_is_the_site_when_there_is_one(vercel: Client) -> None:
    vercel.live({"public/index.html": "inside", "secret.txt": "outside"})
    assert vercel.shown() == "inside"
    assert requests.get(f"{vercel.sim.base_url}/_alias/site/secret.txt", timeout=10).status_code == 404


def test_a_preview_does_not_touch_production_until_it_is_promoted(vercel: Client) -> None:
    first = vercel.live({"index.html": "one"})
    preview = vercel.live({"index.html": "two"}, target=None)
    assert (vercel.shown(), vercel.production()) == ("one", first["id"])
    vercel("POST", f"/v10/projects/site/promote/{preview['id']}", 201)
    assert vercel("GET", "/v9/projects/site", 200)["lastAliasRequest"]["jobStatus"] in ("pending", "in-progress")
    vercel("POST", f"/v10/projects/site/promote/{preview['id']}", 409)
    vercel.later(1)
    job = vercel("GET", "/v9/projects/site", 200)["lastAliasRequest"]
    assert (job["type"], job["jobStatus"]) == ("promote", "succeeded")
    assert (job["fromDeploymentId"], job["toDeploymentId"]) == (first["id"], preview["id"])
    assert vercel.shown() == "two"
    vercel("POST", f"/v10/projects/site/promote/{preview['id']}", 409)
    assert [e["id"] for e in effects(vercel, "deployment.promote")] == [preview["id"]]


def test_after_a_rollback_nothing_goes_live_by_itself_until_a_promotion(vercel: Client) -> None:
    one, two = vercel.live({"index.html": "one"}), vercel.live({"index.html": "two"})
    candidates = vercel("GET", "/v7/deployments?projectId=site&rollbackCandidate=true", 200)["deployments"]
    assert [c["uid"] for c in candidates] == [one["id"]]
    vercel("POST", f"/v1/projects/site/rollback/{one['id']}?description=broken", 201)
    vercel.later(1)
    assert vercel.shown() == "one"
    three = vercel.live({"index.html": "three"})
    assert (three["readyState"], bool(three["aliasAssigned"]), three["readySubstate"]) == ("READY", True, "STAGED")
    assert (vercel.shown(), vercel.production()) == ("one", one["id"])
    vercel("POST", f"/v1/projects/site/rollback/{three['id']}", 422)
    vercel("POST", f"/v10/projects/site/promote/{three['id']}", 201)
    vercel.later(1)
    assert vercel.shown() == "three"
    four = vercel.live({"index.html": "four"})
    assert (vercel.shown(), four["readySubstate"]) == ("four", "PROMOTED")
    assert [e["id"] for e in effects(vercel, "deployment.rollback")] == [one["id"]]
    assert two["id"] != one["id"]


def test_a_small_plan_rolls_back_only_one_step(vercel: Client) -> None:
    one, two, _ = (vercel.live({"index.html": text}) for text in ("1", "2", "3"))
    vercel.control("/_config", {"plan": "hobby"})
    vercel("POST", f"/v1/projects/site/rollback/{one['id']}", 402)
    vercel("POST", f"/v1/projects/site/rollback/{two['id']}", 201)


def test_a_failed_build_can_be_ordered_and_says_why(vercel: Client) -> None:
    vercel.control("/_config", {"fail_next_builds": 1, "build_log": "SyntaxError: no"})
    failed = vercel.live({"index.html": "x"})
    assert (failed["readyState"], failed["errorCode"]) == ("ERROR", "BUILD_FAILED")
    events = vercel("GET", f"/v3/deployments/{failed['id']}/events?builds=1&limit=-1&direction=forward", 200)
    assert all(not EVENT - set(event) for event in events)
    assert [event["text"] for event in events if event["type"] == "stderr"] == ["SyntaxError: no"]
    vercel("POST", f"/v10/projects/site/promote/{failed['id']}", 422)
    again = vercel.live({"index.html": "x"})
    assert (again["readyState"], again["id"] != failed["id"]) == ("READY", True)


def test_a_running_build_can_be_canceled_and_a_finished_one_cannot(vercel: Client) -> None:
    made = vercel.deploy({"index.html": "x"})
    assert vercel("PATCH", f"/v12/deployments/{made['id']}/cancel", 200)["readyState"] == "CANCELED"
    vercel.later(5)
    assert vercel.get(made["id"])["readyState"] == "CANCELED"
    vercel("PATCH", f"/v12/deployments/{made['id']}/cancel", 400)
    assert vercel.production() is None


def test_a_deleted_deployment_is_gone(vercel: Client) -> None:
    made = vercel.live({"index.html": "x"})
    assert vercel("DELETE", f"/v13/deployments/{made['id']}", 200) == {"uid": made["id"], "state": "DELETED"}
    assert vercel("GET", f"/v13/deployments/{made['id']}", 404)["error"]["code"] == "not_found"
    assert requests.get(f"http://{made['url']}/", timeout=10).status_code == 404
    assert requests.get(f"{vercel.sim.base_url}/_alias/site/", timeout=10).status_code == 404


def test_deployments_are_found_by_address_project_state_target_and_meta(vercel: Client) -> None:
    one = vercel.live({"index.html": "1"}, meta={"run": "r1"})
    two = vercel.live({"index.html": "2"}, target=None, meta={"run": "r2"})
    assert vercel.get(one["url"].replace("/", "%2F"))["id"] == one["id"]
    for query, wanted in (
        ("projectId=site", [two, one]),
        ("target=production", [one]),
        ("state=BUILDING", []),
        ("state=READY&limit=1", [two]),
        ("meta-run=r1", [one]),
    ):
        answer = vercel("GET", f"/v7/deployments?{query}", 200)
        assert [d["uid"] for d in answer["deployments"]] == [d["id"] for d in wanted]
        assert all(not LISTED - set(d) for d in answer["deployments"])
        assert answer["pagination"]["count"] == len(wanted)


def test_variables_are_set_again_only_with_upsert_and_secrets_never_come_back(vercel: Client) -> None:
    body = {"key": "A", "value": "one", "type": "sensitive", "target": ["production"]}
    assert vercel("POST", "/v10/projects/site/env", 201, body)["failed"] == []
    assert vercel("POST", "/v10/projects/site/env", 400, body)["error"]["code"] == "ENV_CONFLICT"
    vercel("POST", "/v10/projects/site/env?upsert=true", 201, [{**body, "value": "two"}])
    listed = vercel("GET", "/v10/projects/site/env", 200)["envs"]
    assert [(e["key"], e["value"]) for e in listed] == [("A", "")]
    assert "two" not in str(effects(vercel, "env.set"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"name": None}, "bad_request", id="no name"),
        pytest.param({"colour": "red"}, "bad_request", id="unknown field"),
        pytest.param({"files": []}, "bad_request", id="no files"),
        pytest.param({"files": [{"file": "/etc/x", "data": ""}]}, "bad_request", id="absolute path"),
        pytest.param({"files": [{"file": "a/../x", "data": ""}]}, "bad_request", id="path upwards"),
        pytest.param({"meta": {"a": 1}}, "bad_request", id="meta is not text"),
        pytest.param({"target": "prod"}, "bad_request", id="unknown target"),
        pytest.param({"gitSource": {"type": "github", "repoId": 1, "ref": "main"}}, "bad_request", id="files and git"),
    ],
)
def test_a_wrong_deployment_is_refused(vercel: Client, change: Json, code: str) -> None:
    body = {"name": "site", "files": [{"file": "index.html", "data": "x"}]} | change
    answer = vercel("POST", "/v13/deployments", 400, {key: value for key, value in body.items() if value is not None})
    assert answer["error"]["code"] == code
    assert effects(vercel, "deployment.create") == []


def test_names_are_taken_once_and_new_projects_need_settings(vercel: Client) -> None:
    assert vercel("POST", "/v11/projects", 409, {"name": "site"})["error"]["code"] == "conflict"
    vercel("POST", "/v11/projects", 400, {"name": "No Capitals"})
    body = {"name": "fresh", "files": [{"file": "index.html", "data": "x"}]}
    assert vercel("POST", "/v13/deployments", 400, body)["error"]["code"] == "missing_project_settings"
    vercel("POST", "/v13/deployments?skipAutoDetectionConfirmation=1", 200, body)
    vercel("GET", "/v9/projects/fresh", 200)
    vercel("POST", "/v13/deployments", 404, {**body, "project": "nothing"})


def test_teams_are_apart_and_need_the_token_to_reach_them(vercel: Client) -> None:
    vercel("POST", "/v11/projects?teamId=team_1", 200, {"name": "theirs"})
    vercel("GET", "/v9/projects/theirs", 404)
    vercel("GET", "/v9/projects/theirs?teamId=team_1", 200)
    assert vercel("GET", "/v9/projects/site?teamId=team_2", 403)["error"]["code"] == "forbidden"
    nobody = requests.get(f"{vercel.sim.base_url}/v2/user", timeout=10)
    stranger = requests.get(f"{vercel.sim.base_url}/v2/user", headers={"Authorization": "Bearer x"}, timeout=10)
    assert (nobody.status_code, stranger.status_code) == (401, 403)
    assert stranger.json()["error"]["invalidToken"] is True


def test_limits_are_told_and_can_be_ordered_for_calls_and_for_sites(vercel: Client) -> None:
    url = f"{vercel.sim.base_url}/v2/user"
    assert int(vercel.session.get(url, timeout=10).headers["X-RateLimit-Remaining"]) > 0
    vercel.control("/_faults", [{"status": 429}, {"status": 500, "path": "/_alias/site/*"}])
    broken = requests.get(f"{vercel.sim.base_url}/_alias/site/", timeout=10)
    limited = vercel.session.get(url, timeout=10)
    assert (broken.status_code, limited.status_code) == (500, 429)
    assert limited.json()["error"]["code"] == "rate_limited"
    assert int(limited.headers["X-RateLimit-Reset"]) > time.time()


def test_sites_and_projects_are_there_after_a_restart(vercel: Client, tmp_path: Path) -> None:
    made = vercel.live({"index.html": "x"})
    running = vercel.deploy({"index.html": "y"})
    again = started(tmp_path / "vercel")
    again.later(10)
    assert again.get(made["id"])["readyState"] == again.get(running["id"])["readyState"] == "READY"
    assert again.shown() == "y"
    assert again.get(made["id"])["url"].startswith(again.sim.base_url.removeprefix("http://"))
    assert len(effects(again, "deployment.create")) == 2


def test_webhooks_tell_of_every_state_signed_and_each_once(vercel: Client, inbox: Inbox) -> None:
    every = [f"deployment.{each}" for each in ("created", "ready", "succeeded", "error", "promoted", "rollback")]
    made = vercel("POST", "/v1/webhooks", 200, {"url": inbox.url, "events": every})
    one = vercel.live({"index.html": "1"}, target=None, meta={"run": "r1"})
    vercel("POST", f"/v10/projects/site/promote/{one['id']}", 201)
    vercel.later(1)
    two = vercel.live({"index.html": "2"})
    vercel("POST", f"/v1/projects/site/rollback/{one['id']}", 201)
    vercel.control("/_config", {"fail_next_builds": 1})
    vercel.live({"index.html": "3"})
    requests.post(f"{vercel.sim.base_url}/_deliver", timeout=10)
    told = []
    for headers, raw in inbox.taken:
        body = json.loads(raw)
        assert headers["x-vercel-signature"] == hmac.new(made["secret"].encode(), raw, hashlib.sha1).hexdigest()
        told.append((body["type"].removeprefix("deployment."), body["payload"]["deployment"]["id"]))
    assert told[:4] == [("created", one["id"]), ("ready", one["id"]), ("succeeded", one["id"]), ("promoted", one["id"])]
    assert told[4:8] == [
        ("created", two["id"]),
        ("ready", two["id"]),
        ("succeeded", two["id"]),
        ("rollback", one["id"]),
    ]
    assert [kind for kind, _ in told[8:]] == ["created", "error"]
    first = json.loads(inbox.taken[0][1])
    assert first["payload"]["deployment"]["meta"] == {"run": "r1"}
    assert isinstance(first["createdAt"], int)
    requests.post(f"{vercel.sim.base_url}/_redeliver", timeout=10)
    ids = [json.loads(raw)["id"] for _, raw in inbox.taken]
    assert ids[10:] == ids[:10]
    assert len(set(ids)) == 10


def test_webhooks_need_a_plan_known_events_and_hide_their_secret(vercel: Client) -> None:
    body = {"url": "https://a.example/hook", "events": ["deployment.ready"]}
    vercel("POST", "/v1/webhooks", 400, {**body, "events": ["deployment.exploded"]})
    made = vercel("POST", "/v1/webhooks", 200, body)
    (shown,) = vercel("GET", "/v1/webhooks", 200)
    assert shown == {key: value for key, value in made.items() if key != "secret"}
    vercel("DELETE", f"/v1/webhooks/{made['id']}", 204)
    assert vercel("GET", "/v1/webhooks", 200) == []
    vercel.control("/_config", {"plan": "hobby"})
    vercel("POST", "/v1/webhooks", 403, body)


@pytest.mark.parametrize("ends", ["BLOCKED", "CANCELED"])
def test_ends_that_nobody_wants_can_be_ordered(vercel: Client, ends: str) -> None:
    vercel.control("/_config", {"next_builds": [ends]})
    assert vercel.live({"index.html": "x"})["readyState"] == ends
    assert vercel.production() is None


def test_a_ready_build_whose_address_failed_is_not_assigned(vercel: Client) -> None:
    vercel.control("/_config", {"next_builds": ["ALIAS_ERROR"]})
    made = vercel.live({"index.html": "x"})
    assert (made["readyState"], made["aliasAssigned"], made["aliasError"]["code"]) == ("READY", False, "DNS_FAILED")


def test_protected_previews_ask_for_the_bypass_and_production_does_not(vercel: Client) -> None:
    made = vercel.live({"index.html": "x"})
    vercel.control("/_config", {"protected": True, "bypass": "b-1"})
    address = f"http://{made['url']}/"
    tried = [{}, *({"x-vercel-protection-bypass": word} for word in ("b-2", "b-1"))]
    assert [requests.get(address, headers=given, timeout=10).status_code for given in tried] == [401, 401, 200]
    assert vercel.shown() == "x"
    assert list(vercel("GET", "/v9/projects/site", 200)["protectionBypass"]) == ["b-1"]
