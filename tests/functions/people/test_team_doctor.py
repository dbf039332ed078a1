"""`GET /v1/doctor`: what a team lacks, told to any of its people by what is kept, and never a secret."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from shared.app.api.keys import make_key
from shared.app.engine.switches import set_pause
from shared.app.models.model_keys import keep_key
from shared.core.documents.codec import to_body
from shared.core.documents.sync import PASS, Pass
from shared.core.money.spending import Account, Ledger
from shared.ports import Put, Secret
from tests.functions.conftest import MINE, OTHER, Service

TABLES = {
    kind: {"database": f"{number}" * 32, "data_source": f"{number}" * 31 + "a", "properties": {"Name": "title"}}
    for number, kind in enumerate(("ideas", "tasks", "routines", "runs"), 1)
}


def checks(service: Service, key: str = "owner") -> dict[str, Any]:
    answer = service.call("GET", "/v1/doctor", key=key)
    assert answer.status_code == 200
    return {each["name"]: each for each in answer.json["checks"]} | {"usable": answer.json["usable"]}


def test_a_team_without_anything_is_told_what_to_do_first(service: Service) -> None:
    found = checks(service)
    assert not found["usable"]
    assert [found[each]["state"] for each in ("notion", "databases", "code")] == ["missing", "missing", "later"]
    assert found["notion"]["way_out"].endswith("/start?provider=notion")
    assert found["databases"]["way_out"].endswith("http://localhost/setup")
    for each in ("Ideas", "Tasks", "Routines", "Runs"):
        assert each in found["databases"]["detail"]


def test_what_stands_there_is_told_whoever_asks_and_of_no_other_team(service: Service) -> None:
    now, today = service.deps.clock.now(), service.deps.clock.now().date().isoformat()
    doc = service.deps.store.get(MINE, "settings", "tenant")
    settings = {**(doc.body if doc else {}), "databases": TABLES, "budget": {"day": 1_250_000}}
    ledger = Ledger(today[:7], {today: Account(spent=1_000_000)})
    grant = {"status": "connected", "public": {"workspace_name": "Garden"}, "at": now.isoformat()}
    service.deps.store.put(
        MINE,
        Put("settings", "tenant", settings, doc.version if doc else ""),
        Put("grants", "notion", grant),
        Put("grants", "github", {"status": "connected", "public": {}, "at": now.isoformat()}),
        Put("grants", "vercel", {"status": "revoked", "public": {}, "at": now.isoformat()}),
        Put("ledgers", today[:7], to_body(ledger)),
        Put(*PASS, to_body(Pass((now - timedelta(hours=2)).isoformat()))),
    )
    set_pause(service.deps, MINE, "holidays", "Ada")
    for role in ("owner", "viewer"):
        found = checks(service, role)
        assert "Garden" in found["notion"]["detail"]
        assert "GitHub" in found["code"]["detail"]
        assert "Vercel" in found["connections"]["detail"]
        assert found["sync"]["state"] == "missing"
        assert "holidays" in found["paused"]["detail"]
        assert found["usable"]
    said = service.call("GET", "/v1/doctor").json["checks"]
    budgets = [(each["state"], "used up" in each["detail"]) for each in said if each["name"] == "budget"]
    assert budgets == [("missing", True), ("ok", False)]  # of the day, and of the month
    theirs = json.dumps(service.call("GET", "/v1/doctor", key="foreign owner").json)
    assert not any(each in theirs for each in ("Garden", "GitHub", "holidays"))
    assert service.call("GET", "/v1/doctor", key="").status_code == 401


def test_of_keys_that_end_only_their_holders_and_managers_hear(service: Service) -> None:
    secret = "sk-" + "made-up-0123456789"
    keep_key(service.deps, MINE, "openai", Secret(secret), "Ada")
    _, mine = make_key(service.deps, MINE, "member", "mine alone", days=3, person="p-" + "1" * 24)
    _, theirs = make_key(service.deps, OTHER, "owner", "of another team", days=3)
    _, other = make_key(service.deps, MINE, "member", "another's", days=3, person="p-" + "2" * 24)
    service.deps.store.put(
        MINE,
        Put(
            "members", "team",
            {"people": {f"p-{n * 24}": {"name": n, "identity": f"notion:{n}", "since": "2026-01-01T00:00:00+00:00",
                                        "role": "member"} for n in "12"}},
        ),
    )  # fmt: skip
    own, all_of_them = (service.call("GET", "/v1/doctor", key=each).text for each in (mine, "owner"))
    assert "mine alone" in own
    assert "another's" not in own
    assert "mine alone" in all_of_them
    assert "another's" in all_of_them
    assert "of another team" not in own + all_of_them
    for told in (own, all_of_them):
        assert not any(each in told for each in (secret, mine, theirs, other, mine.rpartition(".")[2]))
