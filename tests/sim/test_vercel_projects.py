"""Projects, teams, variables, limits and webhooks of the simulated Vercel."""

import hashlib
import hmac
import json
import time
from pathlib import Path

import requests

from tests.integrations.conftest import Inbox, inbox
from tests.support.simulators.vercel_caller import VercelCaller, effects, start_vercel

LISTED = {"creator", "readyState", "type"}

__all__ = ["inbox"]


def test_deployments_are_found_by_address_project_state_target_and_meta(vercel: VercelCaller) -> None:
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


def test_variables_are_set_again_only_with_upsert_and_secrets_never_come_back(vercel: VercelCaller) -> None:
    body = {"key": "A", "value": "one", "type": "sensitive", "target": ["production"]}
    assert vercel("POST", "/v10/projects/site/env", 201, body)["failed"] == []
    assert vercel("POST", "/v10/projects/site/env", 400, body)["error"]["code"] == "ENV_CONFLICT"
    vercel("POST", "/v10/projects/site/env?upsert=true", 201, [{**body, "value": "two"}])
    listed = vercel("GET", "/v10/projects/site/env", 200)["envs"]
    assert [(e["key"], e["value"]) for e in listed] == [("A", "")]
    assert "two" not in str(effects(vercel, "env.set"))


def test_names_are_taken_once_and_new_projects_need_settings(vercel: VercelCaller) -> None:
    assert vercel("POST", "/v11/projects", 409, {"name": "site"})["error"]["code"] == "conflict"
    vercel("POST", "/v11/projects", 400, {"name": "No Capitals"})
    body = {"name": "fresh", "files": [{"file": "index.html", "data": "x"}]}
    assert vercel("POST", "/v13/deployments", 400, body)["error"]["code"] == "missing_project_settings"
    vercel("POST", "/v13/deployments?skipAutoDetectionConfirmation=1", 200, body)
    vercel("GET", "/v9/projects/fresh", 200)
    vercel("POST", "/v13/deployments", 404, {**body, "project": "nothing"})


def test_teams_are_apart_and_need_the_token_to_reach_them(vercel: VercelCaller) -> None:
    vercel("POST", "/v11/projects?teamId=team_1", 200, {"name": "theirs"})
    vercel("GET", "/v9/projects/theirs", 404)
    vercel("GET", "/v9/projects/theirs?teamId=team_1", 200)
    assert vercel("GET", "/v9/projects/site?teamId=team_2", 403)["error"]["code"] == "forbidden"
    nobody = requests.get(f"{vercel.sim.base_url}/v2/user", timeout=10)
    stranger = requests.get(f"{vercel.sim.base_url}/v2/user", headers={"Authorization": "Bearer x"}, timeout=10)
    assert (nobody.status_code, stranger.status_code) == (401, 403)
    assert stranger.json()["error"]["invalidToken"] is True


def test_limits_are_told_and_can_be_ordered_for_calls_and_for_sites(vercel: VercelCaller) -> None:
    url = f"{vercel.sim.base_url}/v2/user"
    assert int(vercel.session.get(url, timeout=10).headers["X-RateLimit-Remaining"]) > 0
    vercel.control("/_faults", [{"status": 429}, {"status": 500, "path": "/_alias/site/*"}])
    broken = requests.get(f"{vercel.sim.base_url}/_alias/site/", timeout=10)
    limited = vercel.session.get(url, timeout=10)
    assert (broken.status_code, limited.status_code) == (500, 429)
    assert limited.json()["error"]["code"] == "rate_limited"
    assert int(limited.headers["X-RateLimit-Reset"]) > time.time()


def test_sites_and_projects_are_there_after_a_restart(vercel: VercelCaller, tmp_path: Path) -> None:
    made = vercel.live({"index.html": "x"})
    running = vercel.deploy({"index.html": "y"})
    again = start_vercel(tmp_path / "vercel")
    again.later(10)
    assert again.get(made["id"])["readyState"] == again.get(running["id"])["readyState"] == "READY"
    assert again.shown() == "y"
    assert again.get(made["id"])["url"].startswith(again.sim.base_url.removeprefix("http://"))
    assert len(effects(again, "deployment.create")) == 2


def test_webhooks_tell_of_every_state_signed_and_each_once(vercel: VercelCaller, inbox: Inbox) -> None:
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


def test_webhooks_need_a_plan_known_events_and_hide_their_secret(vercel: VercelCaller) -> None:
    body = {"url": "https://a.example/hook", "events": ["deployment.ready"]}
    vercel("POST", "/v1/webhooks", 400, {**body, "events": ["deployment.exploded"]})
    made = vercel("POST", "/v1/webhooks", 200, body)
    (shown,) = vercel("GET", "/v1/webhooks", 200)
    assert shown == {key: value for key, value in made.items() if key != "secret"}
    vercel("DELETE", f"/v1/webhooks/{made['id']}", 204)
    assert vercel("GET", "/v1/webhooks", 200) == []
    vercel.control("/_config", {"plan": "hobby"})
    vercel("POST", "/v1/webhooks", 403, body)
