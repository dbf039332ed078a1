"""What an installation of an evaluation is given: its money and its surroundings, and what it has spent."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.app.money.tenant_ledger import LEDGERS, allowance_of
from shared.cli.evaluate.evaluate_command import _key
from shared.cli.evaluate.evaluation import Wanted, environment, evaluate
from shared.cli.evaluate.money import allow, read_spent, read_spent_offline
from shared.cli.root import workwright
from shared.core.documents.codec import to_body
from shared.core.errors import ConfigError
from shared.core.money.spending import Account, Ledger
from shared.ports import Put, Secret
from tests.support.ports.local_ports import Ports, local_ports

NOW = datetime.now(UTC)
TODAY, MONTH = NOW.date().isoformat(), NOW.date().isoformat()[:7]


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as made:
        yield made


def _booked(ports: Ports, month: str, day: str, spent: int, reserved: int) -> None:
    ledger = Ledger(month, {day: Account(spent=spent, reserved=reserved)})
    ports.store.put("t-1", Put(LEDGERS, month, to_body(ledger)))


def test_a_tenant_may_spend_what_is_left_and_the_turn_of_a_month_gives_nothing_back(ports: Ports) -> None:
    assert allow(ports.deps, "t-1", 9_000_000) is False
    allowed = allowance_of(ports.deps, "t-1")
    assert (allowed.run, allowed.day, allowed.month, allowed.kept_back) == (5_000_000, 9_000_000, 9_000_000, 0)
    _booked(ports, "2020-01", "2020-01-31", 6_000_000, 500_000)
    assert allow(ports.deps, "t-1", 9_000_000) is True  # a run has less than runs usually have
    allowed = allowance_of(ports.deps, "t-1")
    assert (allowed.call, allowed.run, allowed.day, allowed.month) == (2_500_000,) * 4
    assert allow(ports.deps, "t-1", 1) is True
    assert allowance_of(ports.deps, "t-1").month == 0


def test_without_a_limit_the_usual_ones_stay(ports: Ports) -> None:
    assert allow(ports.deps, "t-1", None) is False
    assert allowance_of(ports.deps, "t-1").day == 25_000_000


def test_what_is_set_aside_for_a_call_that_nobody_came_back_from_counts(ports: Ports, tmp_path: Path) -> None:
    _booked(ports, "2020-01", "2020-01-31", 100, 0)
    _booked(ports, MONTH, TODAY, 7_000, 400)
    assert read_spent(ports.deps, "t-1") == 7_500
    ports.store.close()  # as after a death: nobody runs it any more
    assert read_spent_offline(tmp_path / "data") == 7_500
    assert read_spent_offline(tmp_path / "nowhere") == 0
    (tmp_path / "bare").mkdir()
    with closing(sqlite3.connect(tmp_path / "bare" / "workwright.db")):
        pass
    assert read_spent_offline(tmp_path / "bare") == 0


def test_nothing_real_but_the_model_is_in_the_surroundings() -> None:
    given = {
        "PATH": "/usr/bin", "WORKWRIGHT_NOTION_URL": "https://api.notion.com", "WORKWRIGHT_GITHUB_URL": "https://x.test",
        "WORKWRIGHT_DATA": "/home/me", "WORKWRIGHT_MODE": "cloud", "WORKWRIGHT_SMTP_URL": "smtps://mail.example:465",
        "SENTRY_DSN": "https://s.example", "OTEL_EXPORTER_OTLP_ENDPOINT": "https://o.test", "WORKWRIGHT_MODEL": "xai",
        "WORKWRIGHT_COMPATIBLE_URL": "http://127.0.0.1:1/v1", "WORKWRIGHT_COMPATIBLE_MODEL": "m",
        "WORKWRIGHT_ANTHROPIC_URL": "http://127.0.0.1:2", "WORKWRIGHT_SANDBOX": "remote",
    }  # fmt: skip
    assert environment(given, "compatible") == {
        "PATH": "/usr/bin", "WORKWRIGHT_MODEL": "compatible", "WORKWRIGHT_COMPATIBLE_URL": "http://127.0.0.1:1/v1",
        "WORKWRIGHT_COMPATIBLE_MODEL": "m", "WORKWRIGHT_ANTHROPIC_URL": "http://127.0.0.1:2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "said"),
    [("antropic", "WORKWRIGHT_MODEL is 'antropic'"), ("anthropic/claude-99", "which is not described anywhere")],
)
def test_a_model_that_does_not_exist_is_refused_before_anything_is_begun(tmp_path: Path, model: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        evaluate(Wanted("builtin", model, tmp_path / "kept"), lambda page, result: None)
    assert not (tmp_path / "kept").exists()


def test_a_key_is_the_operators_secret_or_comes_on_standard_input(ports: Ports, tmp_path: Path) -> None:
    assert _key("offline", tmp_path) == ("", "")
    ports.deps.secrets.set("anthropic-api-key", Secret("k-123"))
    assert _key("anthropic/claude-sonnet-5-5", tmp_path / "data") == ("anthropic-api-key", "k-123")
    asked = ["eval", "--model", "openai", "--data", str(tmp_path / "data"), "--keep", str(tmp_path / "kept")]
    done = CliRunner().invoke(workwright, asked, input="")
    assert (done.exit_code, "there is no key for openai" in done.output) == (2, True)


def test_results_of_two_evaluations_are_not_mixed(tmp_path: Path) -> None:
    head = {
        "set": "thirty-pages",
        "version": 1,
        "digest": "another",
        "model": "offline",
        "prompts": "x",
        "began": "then",
    }
    (tmp_path / "evaluation.json").write_text(json.dumps(head), encoding="utf-8")
    wanted = Wanted("builtin", "offline", tmp_path, resume=True)
    with pytest.raises(ConfigError, match=r"digest was 'another' and is '[0-9a-f]{16}'.*results of two are not mixed"):
        evaluate(wanted, lambda page, result: None)


def test_two_results_are_compared_at_the_terminal(tmp_path: Path) -> None:
    page = {
        "page": "bakery", "kind": "site", "ok": False, "end": "question", "held": 0, "looked": 1, "micros": 5,
        "tokens": 1, "calls": 1, "seconds": 1.0, "repairs": 0, "questions": 1,
        "checks": [{"name": "Prices", "ok": False, "detail": ""}],
    }  # fmt: skip
    checks = [{"name": "Prices", "ok": True, "detail": ""}]
    right = {**page, "ok": True, "end": "live", "held": 1, "checks": checks}
    head = {"evaluation": "workwright", "digest": "d", "model": "m", "prompts": "p"}
    for name, each in (("a", page), ("b", right)):
        (tmp_path / f"{name}.json").write_text(json.dumps({**head, "pages": [each]}), encoding="utf-8")
    asked = ["eval", "--compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    done = CliRunner().invoke(workwright, asked)
    assert done.exit_code == 0
    assert "better  bakery (question → live)" in done.output
    assert "1 better, 0 worse, 0 the same; sign test p = 1.000" in done.output
    assert json.loads(CliRunner().invoke(workwright, [*asked, "--json"]).output)["pages"][0]["checks_better"] == [
        "Prices"
    ]
    assert CliRunner().invoke(workwright, ["eval"]).exit_code == 2
