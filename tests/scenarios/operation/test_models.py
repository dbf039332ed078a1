"""A run whose model cannot be asked ends with the reason and the way out, and its people are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.app.models.model_keys import keep_key
from shared.app.tenants.settings_changes import change_settings
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from shared.ports import Secret
from tests.support.rigs.house import open_house
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models.anthropic_server import AnthropicServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("models")]
KEY = "-".join(("teams", "made", "up", "key"))


def _prices_of_any_day(folder: Path) -> str:
    """Write a table of two models whose prices hold on the day these tests run, whichever it is."""
    price = {"from": "2000-01-01", "until": "9999-01-01", "input": "4", "cached": "0.2", "output": "20"}
    facts = {
        "providers": ["anthropic"],
        "window": 1_000_000,
        "output": 128_000,
        "speed": 3,
        "rank": 3,
        "prices": [price],
    }
    names = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
    (folder / "models.json").write_text(json.dumps({"models": dict.fromkeys(names, facts)}), encoding="utf-8")
    return str(folder / "models.json")


def test_without_money_or_a_model_a_run_fails_with_the_way_out(tmp_path: Path) -> None:
    table = _prices_of_any_day(tmp_path)
    with (
        AnthropicServer(key=KEY) as server,
        open_house(tmp_path / "d", WORKWRIGHT_ANTHROPIC_URL=server.url, WORKWRIGHT_MODELS=table) as house,
    ):
        deps, tenant = house.house.wired.deps, house.home.tenant
        keep_key(deps, tenant, "anthropic", Secret(KEY), "Ada Example")
        server.script([claude.error(402, "Payment is due.")] * 2)
        page = house.write("No credit")
        house.set_status(page, marks.PLAN_IT)
        run = house.ended(page)
        assert run.status == RunStatus.FAILED
        assert "money or quota is used up" in run.failure
        assert len(server.requests) == 2  # each of the two models that suit the work, once
        (said,) = house.comments(page)
        assert "top up that account" in said
        calls = [call for _, event in deps.store.events(tenant, run.id) for call in getattr(event, "calls", ())]
        assert [(call["model"], call["outcome"]) for call in calls] == [
            ("claude-opus-5-5", "quota_exhausted"),
            ("claude-sonnet-5-5", "quota_exhausted"),
        ]
        assert calls[1]["why"].endswith("anthropic/claude-opus-5-5 was quota_exhausted")
        subjects = [mail["subject"] for mail in house.look("ses", "/_outbox")]
        assert "The account at anthropic is used up" in subjects
        change_settings(deps, tenant, models={"deny": ["anthropic"]})
        page = house.write("Nobody to ask")
        house.set_status(page, marks.PLAN_IT)
        run = house.ended(page)
        assert "no model may be asked" in run.failure
        assert "denied by the team" in run.failure
        assert len(server.requests) == 2
