"""A team's policy over the API: who may set it, what it takes, whose word counts, and a try that changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.documents.tenant_settings import PLACE
from shared.core.run.run import StepSpec
from tests.functions.conftest import GATE, MINE, OTHER, Service

WIDE = {"levels": {"pages": "inside_limits", "code": "release_and_production"}, "risk": "medium", "micros": 2_000_000}
WRITE = StepSpec("write", "notion.update_page", "Update the page", depends_on=("approve",), undoable=True)
REMOVE = StepSpec("remove", "notion.trash_page", "Remove a page", depends_on=("approve",), undoable=True)


@pytest.fixture
def changed(service: Service) -> Service:
    """A team that has set a policy."""
    assert service.call("PUT", "/v1/policy", json=WIDE).status_code == 200
    return service


def stored(service: Service, tenant: str = MINE) -> Any:
    doc = service.deps.store.get(tenant, *PLACE)
    return doc.body.get("autonomy") if doc is not None else None


def test_nothing_is_set_until_somebody_sets_it(service: Service) -> None:
    found = service.call("GET", "/v1/policy").json
    assert set(found["levels"].values()) == {"always"}
    assert (found["version"], found["words"]) == (0, ["People are asked about everything.", "Nobody has set a policy."])


def test_what_is_set_is_read_and_says_by_whom(service: Service) -> None:
    found = service.call("PUT", "/v1/policy", key="admin", json={**WIDE, "must_not_change": ["*.lock"]}).json
    assert found == service.call("GET", "/v1/policy", key="viewer").json
    assert (found["version"], found["changed_by"], found["risk"]) == (1, "admin's key", "medium")
    assert found["words"][:3] == [
        "Pages: go ahead inside limits", "Other systems: always ask", "Code: ask for release and production",
    ]  # fmt: skip
    limits = "at most 2.00 US dollars per run, in every connected system, every path except *.lock"
    assert f"Limits: up to medium risk, {limits}." in found["words"]
    assert service.call("PUT", "/v1/policy", json=WIDE).json["must_not_change"] == []  # set whole
    entry = service.call("GET", "/v1/audit").json["entries"][-1]
    assert (entry["what"], entry["by"], entry["address"]) == ("PolicyChanged", "owner's key", "127.0.0.1")
    assert entry["before"]["autonomy"]["must_not_change"] == ["*.lock"]
    assert entry["after"]["autonomy"]["version"] == 2


def test_the_same_again_is_no_change(changed: Service) -> None:
    before = stored(changed)
    assert changed.call("PUT", "/v1/policy", key="admin", json=WIDE).json["version"] == 1
    assert stored(changed) == before


@pytest.mark.parametrize("role", ["member", "viewer", "foreign owner"])
def test_nobody_else_widens_it(changed: Service, role: str) -> None:
    before = stored(changed)
    answer = changed.call("PUT", "/v1/policy", key=role, json={**WIDE, "risk": "high"})
    assert answer.status_code == (200 if role == "foreign owner" else 403)
    assert stored(changed) == before
    if role == "foreign owner":
        assert stored(changed, OTHER)["risk"] == "high"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param({"version": 9}, "version", id="a field of ours"),
        pytest.param({"changed_by": "somebody else"}, "changed_by", id="another name"),
        pytest.param({"levels": {"everything": "inside_limits"}}, "everything", id="a kind of work"),
        pytest.param({"levels": {"pages": "never"}}, "levels.pages", id="a level"),
        pytest.param({"levels": {"production": "inside_limits"}}, "levels.production", id="what cannot be undone"),
        pytest.param({"levels": ["pages"]}, "levels", id="a list"),
        pytest.param({"risk": "none"}, "risk", id="a risk"),
        pytest.param({"micros": -1}, "micros", id="less than nothing"),
        pytest.param({"micros": True}, "micros", id="no number"),
        pytest.param({"systems": ["wherever"]}, "systems", id="a system"),
        pytest.param({"may_change": "src"}, "may_change", id="no list"),
    ],
)
def test_what_it_does_not_take_is_named_and_nothing_is_kept(changed: Service, body: Any, names: str) -> None:
    before = stored(changed)
    changed.waiting()
    for method, path, sent in (("PUT", "", body), ("POST", "/test", {"run": "run-waits", "policy": body})):
        answer = changed.call(method, f"/v1/policy{path}", json=sent)
        assert answer.status_code == 400
        assert names in answer.json["detail"]
        assert answer.json["way_out"]
    assert stored(changed) == before


def test_who_has_read_an_older_one_is_refused(changed: Service) -> None:
    tag = changed.call("GET", "/v1/policy").headers["ETag"]
    first = changed.call("PUT", "/v1/policy", json={**WIDE, "micros": 5}, headers={"If-Match": tag})
    second = changed.call("PUT", "/v1/policy", json={**WIDE, "micros": 6}, headers={"If-Match": tag})
    assert (first.status_code, second.status_code, second.json["type"]) == (200, 412, "urn:workwright:changed_since")
    assert stored(changed)["micros"] == 5
    now = changed.call("GET", "/v1/policy").headers["ETag"]
    again = changed.call("PUT", "/v1/policy", json=WIDE, headers={"If-Match": f'"other", {now}'})
    assert again.status_code == 200


def test_a_try_says_for_each_step_what_would_be_asked_and_changes_nothing(changed: Service) -> None:
    run = changed.save(changed.opened(MINE, "run-tried", GATE, WRITE, REMOVE))
    before = (changed.deps.store.load_run(MINE, run.id), stored(changed))
    found = changed.call("POST", "/v1/policy/test", key="viewer", json={"run": run.id}).json
    (gate,) = found["gates"]
    assert (found["version"], gate["gate"], gate["asks"], gate["rule"]) == (1, "approve", True, "cannot_be_undone")
    assert gate["why"] == "“Remove a page” cannot be undone"
    assert [(each["step"], each["asks"], each["rule"]) for each in gate["steps"]] == [
        ("write", True, "above_the_risk"), ("remove", True, "cannot_be_undone"),
    ]  # fmt: skip
    wider = {"levels": {"pages": "inside_limits"}, "risk": "high"}
    (gate,) = changed.call("POST", "/v1/policy/test", json={"run": run.id, "policy": wider}).json["gates"]
    assert [(each["step"], each["asks"], each["why"]) for each in gate["steps"]] == [
        ("write", False, "pages: go ahead inside limits"), ("remove", True, "“Remove a page” cannot be undone"),
    ]  # fmt: skip
    assert (changed.deps.store.load_run(MINE, run.id), stored(changed)) == before
    assert changed.call("POST", "/v1/policy/test", key="foreign owner", json={"run": run.id}).status_code == 404
