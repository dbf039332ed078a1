"""Models over the API: prices and choices for everybody, rules and keys for owners, and a key that is never shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.models.model_keys import key_of
from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.run import StepSpec, WaitKind
from shared.ports import SYSTEM
from tests.functions.conftest import MINE, Service

KEY = "-".join(("sk", "made", "up", "0123456789"))


@pytest.fixture(autouse=True)
def _on_a_day_with_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the house's clock to a day that the price table covers, whenever these tests run."""
    off = datetime(2026, 11, 22, 12, tzinfo=UTC) - datetime.now(UTC)
    (tmp_path / "off").write_text(str(off.total_seconds()), encoding="ascii")
    monkeypatch.setenv("WORKWRIGHT_CLOCK_FILE", str(tmp_path / "off"))


def _asked(answer: Any, task_class: str) -> list[str]:
    return [each["reference"] for each in answer.json["asked"] if each["task_class"] == task_class]


def _provider(answer: Any, name: str) -> dict[str, Any]:
    (found,) = [each for each in answer.json["providers"] if each["id"] == name]
    return dict(found)


def test_everybody_reads_models_prices_and_who_is_asked(service: Service) -> None:
    answer = service.call("GET", "/v1/models", key="viewer")
    assert answer.status_code == 200
    assert _asked(answer, "reason") == ["offline/offline"]
    models = {each["reference"]: each for each in answer.json["models"]}
    haiku = models["anthropic/claude-haiku-5-5"]
    # integrations, 2.1: 0.10, 0.01, 0.50; from 100 k five times as much
    assert [each["from_tokens"] for each in haiku["prices"]] == [0, 100_000]
    assert [haiku["prices"][0][name] for name in ("input", "cached", "output")] == [0.10, 0.01, 0.50]
    assert [haiku["prices"][1][name] for name in ("input", "cached", "output")] == [0.50, 0.05, 2.50]
    assert haiku["window"] == 1_000_000
    assert not haiku["connected"]
    assert {each["reference"]: each["why"] for each in answer.json["left_out"]} == {}


def test_an_owner_brings_a_key_and_its_models_are_asked(service: Service) -> None:
    made = service.call("POST", "/v1/models/keys", json={"provider": "anthropic", "key": KEY})
    assert made.status_code == 200
    assert KEY not in made.text
    assert _asked(made, "code")[0] == "anthropic/claude-sonnet-5-5"
    assert "offline/offline" not in _asked(made, "code")
    found = _provider(made, "anthropic")
    assert (found["connected"], found["by"], found["key_status"]) == (True, "team", "connected")
    assert key_of(service.deps, MINE, "anthropic").reveal() == KEY
    assert KEY not in json.dumps(service.deps.store.get(MINE, "grants", "anthropic").body)  # type: ignore[union-attr]
    assert not _provider(service.call("GET", "/v1/models", key="foreign owner"), "anthropic")["connected"]
    gone = service.call("DELETE", "/v1/models/keys/anthropic")
    assert _asked(gone, "code") == ["offline/offline"]
    assert service.deps.store.get(MINE, "grants", "anthropic") is None
    assert service.call("DELETE", "/v1/models/keys/anthropic").status_code == 404


def test_a_key_opens_only_for_its_tenant_and_provider(service: Service) -> None:
    service.call("POST", "/v1/models/keys", json={"provider": "openai", "key": KEY})
    sealed = service.deps.store.get(MINE, "grants", "openai").body["access"]  # type: ignore[union-attr]
    for tenant, field in (("t-other", "openai.access"), (MINE, "xai.access"), (SYSTEM, "openai.access")):
        with pytest.raises(ValueError, match=r"."):
            service.deps.secrets.open(tenant, field, sealed)


def test_rules_are_kept_and_change_who_is_asked(service: Service) -> None:
    for provider in ("anthropic", "openai"):
        service.call("POST", "/v1/models/keys", json={"provider": provider, "key": KEY})
    wanted = {"classes": {"reason": ["openai/gpt-6.1-terra", "anthropic"]}, "deny": ["anthropic/claude-opus-5-5"]}
    answer = service.call("POST", "/v1/models", json=wanted)
    assert answer.status_code == 200
    assert _asked(answer, "reason") == ["openai/gpt-6.1-terra", "anthropic/claude-sonnet-5-5"]
    assert {"task_class": "reason", "reference": "anthropic/claude-opus-5-5", "why": "denied by the team"} in (
        answer.json["left_out"]
    )
    cheap = service.call("POST", "/v1/models", json={"prefer": "cost"})  # the rest stays
    assert cheap.json["rules"] == {**wanted, "prefer": "cost", "allow": []}
    cleared = service.call("POST", "/v1/models", json={"classes": {"reason": []}, "deny": []})
    assert cleared.json["rules"] == {"classes": {}, "prefer": "cost", "allow": [], "deny": []}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"classes": {"reason": ["openai/gpt-9"]}}, "classes.reason"),
        ({"classes": {"think": ["openai"]}}, "classes"),
        ({"allow": ["acme"]}, "allow"),
        ({"deny": "openai"}, "deny"),
        ({"deny": ["openai"] * 31}, "deny"),
        ({"deny": [7]}, "deny"),
        ({"prefer": "luck"}, "prefer"),
        ({"models": []}, "models"),
    ],
)
def test_a_wrong_rule_is_named_and_nothing_is_kept(service: Service, wrong: dict[str, Any], named: str) -> None:
    answer = service.call("POST", "/v1/models", json=wrong)
    assert answer.status_code == (404 if "gpt-9" in str(wrong) else 400)
    assert named in answer.json["detail"]
    assert answer.json["way_out"]
    assert service.call("GET", "/v1/models").json["rules"]["classes"] == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": "vertex", "key": KEY},
        {"provider": "anthropic", "key": "short"},
        {"provider": "anthropic", "key": "has blanks in it"},
        {"provider": "anthropic"},
    ],
)
def test_a_wrong_key_is_not_kept_and_not_repeated(service: Service, wrong: dict[str, str]) -> None:
    answer = service.call("POST", "/v1/models/keys", json=wrong)
    assert answer.status_code == 400
    assert wrong.get("key", "none of it") not in answer.text
    assert service.deps.store.list_docs(MINE, "grants") == []


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_rules_and_keys_are_the_owners(service: Service, role: str) -> None:
    assert service.call("POST", "/v1/models", key=role, json={"prefer": "cost"}).status_code == 403
    given = {"provider": "anthropic", "key": KEY}
    assert service.call("POST", "/v1/models/keys", key=role, json=given).status_code == 403
    assert service.call("DELETE", "/v1/models/keys/anthropic", key=role).status_code == 403


def test_a_new_key_wakes_what_waited_for_one(service: Service) -> None:
    now = service.deps.clock.now()
    opened = service.opened(MINE, "run-waits", StepSpec("think", "code.generate", {}, ()))
    failed = ev.StepFailed(now, "think", 1, "401", ErrorClass.UNAUTHORIZED, provider="anthropic")
    run = service.save(opened, failed)
    step = run.step("think")
    assert step is not None
    assert step.wait is not None
    assert step.wait.kind == WaitKind.GRANT
    service.call("POST", "/v1/models/keys", json={"provider": "anthropic", "key": KEY})
    loaded = service.deps.store.load_run(MINE, "run-waits")
    assert loaded is not None
    woken = loaded.run.step("think")
    assert woken is not None
    assert woken.wait is None


def test_a_refused_key_is_marked_as_every_lost_grant_is(service: Service) -> None:
    service.call("POST", "/v1/models/keys", json={"provider": "anthropic", "key": KEY})
    deps, told = service.deps, list[tuple[str, ...]]()
    accounts = Accounts(
        deps.store, deps.secrets, deps.clock, Endpoints(), deps.owner, lost=lambda *lost: told.append(lost)
    )
    accounts.give_up(MINE, "anthropic", key_of(deps, MINE, "anthropic"))
    answer = service.call("GET", "/v1/models")
    assert _provider(answer, "anthropic")["key_status"] == "revoked"
    assert not _provider(answer, "anthropic")["connected"]
    assert [lost[:3] for lost in told] == [(MINE, "anthropic", "revoked")]
