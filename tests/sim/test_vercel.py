"""The simulated Vercel, held against the field lists of the published description and the documented rules."""

import hashlib
import time

import pytest
import requests

from tests.support.simulators.vercel_caller import Json, VercelCaller, effects

EVENT = {"info", "type"}


def test_a_deployment_asks_for_missing_files_and_serves_them_when_they_came(vercel: VercelCaller) -> None:
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


def test_states_follow_each_other_in_time_and_nothing_is_served_before_ready(vercel: VercelCaller) -> None:
    vercel.control("/_config", {"build_seconds": 100})
    made = vercel.deploy({"index.html": "x"})
    seen = [made["readyState"]]
    for seconds in (20, 30, 60):
        assert requests.get(f"http://{made['url']}/", timeout=10).status_code == 404
        vercel.later(seconds)
        seen.append(vercel.get(made["id"])["readyState"])
    assert seen == ["QUEUED", "INITIALIZING", "BUILDING", "READY"]
    assert requests.get(f"http://{made['url']}/", timeout=10).text == vercel.shown() == "x"


def test_time_passes_without_being_moved(vercel: VercelCaller) -> None:
    vercel.control("/_config", {"build_seconds": 0.05})
    made = vercel.deploy({"index.html": "x"})
    until = time.monotonic() + 10
    while vercel.get(made["id"])["readyState"] != "READY":
        assert time.monotonic() < until
    assert vercel.production() == made["id"]


def test_the_same_deployment_is_made_once_unless_forced(vercel: VercelCaller) -> None:
    first = vercel.deploy({"index.html": "x"}, meta={"run": "1"})
    assert vercel.deploy({"index.html": "x"})["id"] == first["id"]
    assert vercel.deploy({"index.html": "y"})["id"] != first["id"]
    assert vercel.deploy({"index.html": "x"}, query="?forceNew=1")["id"] != first["id"]
    assert len(effects(vercel, "deployment.create")) == 3


def test_static_files_are_served_as_vercel_does(vercel: VercelCaller) -> None:
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


def test_a_public_folder_is_the_site_when_there_is_one(vercel: VercelCaller) -> None:
    vercel.live({"public/index.html": "inside", "secret.txt": "outside"})
    assert vercel.shown() == "inside"
    assert requests.get(f"{vercel.sim.base_url}/_alias/site/secret.txt", timeout=10).status_code == 404


def test_a_preview_does_not_touch_production_until_it_is_promoted(vercel: VercelCaller) -> None:
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


def test_after_a_rollback_nothing_goes_live_by_itself_until_a_promotion(vercel: VercelCaller) -> None:
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


def test_a_small_plan_rolls_back_only_one_step(vercel: VercelCaller) -> None:
    one, two, _ = (vercel.live({"index.html": text}) for text in ("1", "2", "3"))
    vercel.control("/_config", {"plan": "hobby"})
    vercel("POST", f"/v1/projects/site/rollback/{one['id']}", 402)
    vercel("POST", f"/v1/projects/site/rollback/{two['id']}", 201)


def test_a_failed_build_can_be_ordered_and_says_why(vercel: VercelCaller) -> None:
    vercel.control("/_config", {"fail_next_builds": 1, "build_log": "SyntaxError: no"})
    failed = vercel.live({"index.html": "x"})
    assert (failed["readyState"], failed["errorCode"]) == ("ERROR", "BUILD_FAILED")
    events = vercel("GET", f"/v3/deployments/{failed['id']}/events?builds=1&limit=-1&direction=forward", 200)
    assert all(not EVENT - set(event) for event in events)
    assert [event["text"] for event in events if event["type"] == "stderr"] == ["SyntaxError: no"]
    vercel("POST", f"/v10/projects/site/promote/{failed['id']}", 422)
    again = vercel.live({"index.html": "x"})
    assert (again["readyState"], again["id"] != failed["id"]) == ("READY", True)


def test_a_running_build_can_be_canceled_and_a_finished_one_cannot(vercel: VercelCaller) -> None:
    made = vercel.deploy({"index.html": "x"})
    assert vercel("PATCH", f"/v12/deployments/{made['id']}/cancel", 200)["readyState"] == "CANCELED"
    vercel.later(5)
    assert vercel.get(made["id"])["readyState"] == "CANCELED"
    vercel("PATCH", f"/v12/deployments/{made['id']}/cancel", 400)
    assert vercel.production() is None


def test_a_deleted_deployment_is_gone(vercel: VercelCaller) -> None:
    made = vercel.live({"index.html": "x"})
    assert vercel("DELETE", f"/v13/deployments/{made['id']}", 200) == {"uid": made["id"], "state": "DELETED"}
    assert vercel("GET", f"/v13/deployments/{made['id']}", 404)["error"]["code"] == "not_found"
    assert requests.get(f"http://{made['url']}/", timeout=10).status_code == 404
    assert requests.get(f"{vercel.sim.base_url}/_alias/site/", timeout=10).status_code == 404


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
def test_a_wrong_deployment_is_refused(vercel: VercelCaller, change: Json, code: str) -> None:
    body = {"name": "site", "files": [{"file": "index.html", "data": "x"}]} | change
    answer = vercel("POST", "/v13/deployments", 400, {key: value for key, value in body.items() if value is not None})
    assert answer["error"]["code"] == code
    assert effects(vercel, "deployment.create") == []


@pytest.mark.parametrize("ends", ["BLOCKED", "CANCELED"])
def test_ends_that_nobody_wants_can_be_ordered(vercel: VercelCaller, ends: str) -> None:
    vercel.control("/_config", {"next_builds": [ends]})
    assert vercel.live({"index.html": "x"})["readyState"] == ends
    assert vercel.production() is None


def test_a_ready_build_whose_address_failed_is_not_assigned(vercel: VercelCaller) -> None:
    vercel.control("/_config", {"next_builds": ["ALIAS_ERROR"]})
    made = vercel.live({"index.html": "x"})
    assert (made["readyState"], made["aliasAssigned"], made["aliasError"]["code"]) == ("READY", False, "DNS_FAILED")


def test_protected_previews_ask_for_the_bypass_and_production_does_not(vercel: VercelCaller) -> None:
    made = vercel.live({"index.html": "x"})
    vercel.control("/_config", {"protected": True, "bypass": "b-1"})
    address = f"http://{made['url']}/"
    tried = [{}, *({"x-vercel-protection-bypass": word} for word in ("b-2", "b-1"))]
    assert [requests.get(address, headers=given, timeout=10).status_code for given in tried] == [401, 401, 200]
    assert vercel.shown() == "x"
    assert list(vercel("GET", "/v9/projects/site", 200)["protectionBypass"]) == ["b-1"]
