"""Routines, connections and sites, as frontends list them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.core.run import events as ev
from shared.core.run.run import StepSpec, Trigger
from shared.ports import Put
from tests.functions.conftest import MINE, OTHER, Service

PAGES = [digit * 32 for digit in "1234567"]
NOON = datetime.fromisoformat("2026-11-24T12:00:00+00:00")


def _get(service: Service, path: str, **given: Any) -> Any:
    answer = service.call("GET", path, **{"key": "viewer", **given})
    assert answer.status_code == 200, answer.text
    return answer.json


def _routine(service: Service, page: str, tenant: str = MINE, **more: Any) -> None:
    service.deps.store.put(tenant, Put("routines", page, {"page": page, **more}))


def _went_live(service: Service, run: str, hour: int, *, before: str = "", watched: bool = False) -> None:
    """Save a run that put the site live at that hour."""
    at = NOON + timedelta(hours=hour)
    steps = [StepSpec("promote", "site.promote"), StepSpec("watch", "site.watch", depends_on=("promote",))]
    opened = ev.RunOpened(at, MINE, run, Trigger("page", "p", f"Bakery {hour}", "Ada"), specs=tuple(steps))
    live = {"system": "vercel", "project": "prj", "deployment": f"dpl-{run}", "url": "https://b.example"}
    done = [ev.StepSucceeded(at, "promote", 1, {**live, "previous": before})]
    service.save(opened, *done, *([] if watched else [ev.StepSucceeded(at, "watch", 1)]))
    _effect(service, f"{run}.promote.promotion", at)


def _effect(service: Service, name: str, at: datetime = NOON) -> None:
    service.deps.store.put(MINE, Put("effects", name, {"state": "confirmed", "at": at.isoformat(), "result": {}}))


def test_a_routine_tells_its_next_time_and_its_last_run(service: Service) -> None:
    more: dict[str, Any] = {
        "title": "Newsletter",
        "schedule": "every Monday at 8",
        "zone": "Europe/Berlin",
        "active": True,
    }
    _routine(service, PAGES[0], due="2026-11-30T07:00:00+00:00", micros=500_000, **more)
    _routine(service, PAGES[1], schedule="sometimes", wrong="“sometimes” is no time.")
    run = service.save(service.opened(MINE, "run-r", StepSpec("s", "test.step"), page=PAGES[0]))
    service.deps.store.put(MINE, Put("pages", PAGES[0], {"run": "run-r", "generation": 1, "settled": False}))
    first, second = _get(service, "/v1/routines")["routines"]
    assert first == _get(service, f"/v1/routines/{PAGES[0]}")
    assert (first["title"], first["next"], first["active"]) == ("Newsletter", "2026-11-30T07:00:00+00:00", True)
    opened = run.opened_at.isoformat()
    assert first["last_run"] == {"id": "run-r", "status": "executing", "opened_at": opened, "ended_at": None}
    assert (second["problem"], second["next"], second["last_run"]) == ("“sometimes” is no time.", None, None)


def test_a_connection_tells_whose_it_is_and_when_it_ends_and_nothing_secret(service: Service) -> None:
    sealed = {"sealed": "c2VhbGVk"}
    held = {
        "status": "connected",
        "access": sealed,
        "refresh": sealed,
        "at": NOON.isoformat(),
        "since": NOON.isoformat(),
    }
    public = {"login": "ada", "expires_in": 3600, "host": "https://git.example"}
    lost = {"status": "revoked", "public": {"workspace_name": "Studio Nord"}}
    service.deps.store.put(MINE, Put("grants", "gitlab", {**held, "public": public}), Put("grants", "notion", lost))
    answer = service.call("GET", "/v1/connections", key="viewer")
    first, second = answer.json["connections"]
    end = (NOON + timedelta(hours=1)).isoformat()
    assert (first["system"], first["connected"], first["account"], first["expires_at"]) == ("gitlab", True, "ada", end)
    assert (first["renews"], first["host"], first["title"]) == (True, "https://git.example", "GitLab")
    assert (second["connected"], second["account"], second["expires_at"]) == (False, "Studio Nord", None)
    assert "c2VhbGVk" not in answer.text
    assert first == _get(service, "/v1/connections/gitlab")


def test_a_site_tells_what_visitors_see(service: Service) -> None:
    _went_live(service, "run-a", 1)
    _went_live(service, "run-b", 3, before="dpl-run-a", watched=True)
    [site] = _get(service, "/v1/sites")["sites"]
    assert site == _get(service, f"/v1/sites/{site['id']}")
    assert (site["url"], site["deployment"], site["watched"]) == ("https://b.example", "dpl-run-b", True)
    assert [(each["run"], each["watched"]) for each in site["releases"]] == [("run-b", True), ("run-a", False)]
    _effect(service, "run-b.watch.rollback")
    taken = _get(service, f"/v1/sites/{site['id']}")
    assert (taken["deployment"], taken["releases"][0]["taken_back"]) == ("dpl-run-a", True)


@pytest.mark.parametrize("which", ["routines", "connections"])
@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_lists_come_in_pages_each_thing_once(service: Service, which: str, size: int) -> None:
    names = PAGES if which == "routines" else [f"system-{number}" for number in range(7)]
    bodies = {"routines": {"page": PAGES[0]}, "grants": {"status": "connected"}}
    kind = "routines" if which == "routines" else "grants"
    service.deps.store.put(
        MINE, *(Put(kind, name, {**bodies[kind], **({"page": name} if kind == which else {})}) for name in names)
    )
    service.deps.store.put(OTHER, Put(kind, names[3], bodies[kind]))
    seen: list[str] = []
    query = f"limit={size}"
    while query:
        page = _get(service, f"/v1/{which}?{query}")
        seen += [each.get("page") or each["system"] for each in page[which]]
        query = f"limit={size}&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert seen == names


def test_a_cursor_leads_into_no_other_list_and_no_other_team(service: Service) -> None:
    for page in PAGES:
        _routine(service, page)
    cursor = _get(service, "/v1/routines?limit=2")["next_cursor"]
    for path, key in (("connections", "owner"), ("sites", "owner"), ("routines", "foreign owner")):
        refused = service.call("GET", f"/v1/{path}?cursor={cursor}", key=key)
        assert (refused.status_code, "'cursor'" in refused.json["detail"]) == (404, True)
    for path in (f"/v1/routines/{PAGES[0]}", f"/v1/sites/site-{'0' * 24}", "/v1/connections/github"):
        refused = service.call("GET", path, key="foreign owner")
        assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")


def test_a_site_is_taken_down_by_its_name_once_by_who_may_and_shown_so(service: Service) -> None:
    _went_live(service, "run-a", 1)
    site = _get(service, "/v1/sites")["sites"][0]
    place, named = f"/v1/sites/{site['id']}/take-down", {"confirm": site["name"]}
    assert (site["name"], site["down"]) == ("b.example", None)
    for key, status in (("member", 403), ("viewer", 403), ("foreign owner", 404)):
        assert service.call("POST", place, key=key, json=named).status_code == status, key
    wrong = service.call("POST", place, key="admin", json={"confirm": "a.example"})
    assert (wrong.status_code, "b.example" in wrong.json["detail"]) == (400, True)
    first, second = (service.call("POST", place, key=key, json=named) for key in ("admin", "owner"))
    assert first.json["id"] == second.json["id"]
    entries = service.call("GET", "/v1/audit").json["entries"]
    asked = [each for each in entries if each["what"] == "SiteTakeDownAsked"]
    assert [(each["by"], each["about"]) for each in asked] == [("admin's key", site["id"]), ("owner's key", site["id"])]
    run, at = first.json["id"], NOON + timedelta(hours=2)
    done = ev.StepSucceeded(at, "takedown", 1, {}, facts={"taken_down": site["url"]})
    record(service.deps, MINE, run, done)
    _effect(service, f"{run}.takedown.takedown", at)
    down = _get(service, f"/v1/sites/{site['id']}")
    assert (down["deployment"], down["down"]) == ("", {"run": run, "at": at.isoformat(), "by": "admin's key"})
    _went_live(service, "run-b", 3)
    assert _get(service, f"/v1/sites/{site['id']}")["down"] is None
