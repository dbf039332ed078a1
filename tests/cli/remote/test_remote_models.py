"""`workwright models` against a running API: what it shows, what it changes, and a key that it never shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.app.models.model_keys import key_of
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.doctor.doctor import look_over
from shared.cli.root import workwright
from shared.cli.team import models as _registered
from shared.core.errors import ConfigError
from shared.core.tenants.finding import Finding
from shared.ports import Secret
from tests.support.rigs.served_api import ServedApi, served_api
from tests.support.servers.http_loopback import Handler, HttpServer

TENANT = "t-0123456789abcdef01234567"
KEY = "-".join(("sk", "made", "up", "0123456789"))


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedApi]:
    """Serve the API on a day that the price table covers."""
    off = datetime(2026, 11, 22, 12, tzinfo=UTC) - datetime.now(UTC)
    (tmp_path / "off").write_text(str(off.total_seconds()), encoding="ascii")
    monkeypatch.setenv("WORKWRIGHT_CLOCK_FILE", str(tmp_path / "off"))
    with served_api(tmp_path, TENANT) as served:
        yield served


def run(folder: Path, *words: str, typed: str = "") -> Result:
    assert _registered.models.name == "models"
    return CliRunner().invoke(workwright, ["models", *words, "--data", str(folder)], input=typed)


def test_a_key_is_given_shown_by_nobody_and_forgotten(api: ServedApi, tmp_path: Path) -> None:
    before = run(tmp_path)
    assert "offline/offline" in before.output
    given = run(tmp_path, "key", "anthropic", typed=f"{KEY}\n")
    assert given.exit_code == 0, given.output
    assert KEY not in given.output
    assert "anthropic: by a key of the team" in given.output
    assert key_of(api.deps, TENANT, "anthropic").reveal() == KEY
    # integrations, 2.1: in / cached / out, and from 100 k tokens of the prompt
    line = next(each for each in given.output.splitlines() if "claude-haiku-5-5" in each and "/ 0.01 /" in each)
    assert line.split(None, 1)[1].strip() == "0.1 / 0.01 / 0.5, from 100000 tokens 0.5 / 0.05 / 2.5"
    assert "offline/offline" in run(tmp_path, "forget", "anthropic").output


def test_rules_are_set_and_a_wrong_one_is_named(api: ServedApi, tmp_path: Path) -> None:
    run(tmp_path, "key", "openai", typed=KEY)
    words = ("--class", "reason=openai/gpt-6.1-terra,openai", "--prefer", "cost", "--deny", "xai")
    done = run(tmp_path, "set", *words, "--json")
    found = json.loads(done.stdout)
    assert found["rules"] == {
        "classes": {"reason": ["openai/gpt-6.1-terra", "openai"]},
        "prefer": "cost",
        "allow": [],
        "deny": ["xai"],
    }
    kept = json.loads(run(tmp_path, "set", "--class", "reason=", "--json").stdout)
    assert (kept["rules"]["classes"], kept["rules"]["prefer"]) == ({}, "cost")
    for wrong in ("reason=openai/gpt-9", "reason"):
        refused = run(tmp_path, "set", "--class", wrong)
        assert isinstance(refused.exception, ConfigError)
        assert "reason" in str(refused.exception)


class _Lists(Handler):
    """A vendor's list of models, for who has the right key."""

    def do_GET(self: BaseHTTPRequestHandler) -> None:
        right = self.headers.get("x-api-key") == KEY and self.path == "/v1/models"
        self.reply(200 if right else 401, b'{"data": []}', {"Content-Type": "application/json"})  # type: ignore[attr-defined]


def _doctor(folder: Path, **env: str) -> dict[str, Finding]:
    return {found.name: found for found in look_over(folder, {"WORKWRIGHT_DATA": str(folder), **env})}


def test_the_doctor_says_which_providers_answer(tmp_path: Path) -> None:
    with HttpServer(_Lists) as vendor:
        env = {"WORKWRIGHT_MODEL": "anthropic", "WORKWRIGHT_ANTHROPIC_URL": vendor.url}
        without = _doctor(tmp_path, **env)["anthropic"]
        assert (without.state, "anthropic-api-key" in without.detail) == ("missing", True)
        LocalSecrets(tmp_path).set("anthropic-api-key", Secret("wrong-" + KEY))
        assert "not accepted" in _doctor(tmp_path, **env)["anthropic"].detail
        LocalSecrets(tmp_path).set("anthropic-api-key", Secret(KEY))
        assert _doctor(tmp_path, **env)["anthropic"].state == "ok"
    env = {"WORKWRIGHT_MODEL": "anthropic, offline", "WORKWRIGHT_ANTHROPIC_URL": "http://127.0.0.1:9"}
    found = _doctor(tmp_path, **env)
    assert (found["anthropic"].state, found["anthropic"].needed) == ("missing", False)
    assert KEY not in found["anthropic"].detail
    assert found["models"].detail.startswith("offline")
