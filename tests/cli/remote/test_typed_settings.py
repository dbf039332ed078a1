"""`workwright settings` against a running API: shown in words, changed together or not at all, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shared.cli.root import workwright
from shared.cli.team import settings_commands as _registered
from shared.core.errors import ConfigError
from tests.support.rigs.served_api import served_api

TENANT = "t-0123456789abcdef01234567"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a data folder whose API runs."""
    folder = tmp_path_factory.mktemp("settings")
    with served_api(folder, TENANT):
        yield folder


def typed(folder: Path, *words: str) -> Result:
    assert _registered.settings.name == "settings"
    return CliRunner().invoke(workwright, ["settings", *words, "--data", str(folder)])


def test_settings_are_changed_in_words_and_shown_with_who_did_it(folder: Path) -> None:
    words = ("planning.planning_time=07:30", "budgets.day=12.50", "approvals.four_eyes=true", 'models.deny=["xai"]')
    done = typed(folder, "set", *words)
    assert done.exit_code == 0, done.output
    shown = typed(folder).stdout.splitlines()
    assert any(line.startswith("planning, changed by the tests at ") for line in shown)
    assert "sync" in shown  # which nobody has changed
    said = {line.split()[0]: " ".join(line.split()[1:]) for line in shown if line.startswith("  ")}
    assert said["planning_time"] == "07:30"
    assert said["day"] == "12.50 US dollars"
    assert (said["four_eyes"], said["deny"], said["origins"]) == ("yes", "xai", "none")
    assert typed(folder, "set", "planning.planning_time=", "budgets.day=").exit_code == 0
    found = json.loads(typed(folder, "--json").stdout)
    assert (found["planning"]["planning_time"], found["budgets"]["day"]) == ("", 25_000_000)
    assert typed(folder, "set", 'models.classes.reason=["anthropic"]').exit_code == 0
    assert json.loads(typed(folder, "--json").stdout)["models"]["classes"] == {"reason": ["anthropic"]}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("planning=1",), "'planning=1' is not SECTION.FIELD=VALUE"),
        (("budgets.day",), "'budgets.day' is not SECTION.FIELD=VALUE"),
        (("budgets.day=ten",), "'budgets.day': 'ten' is not an amount of US dollars"),
        (("budgets.day=NaN",), "is not an amount"),
        (("sync.interval_s=1", "sync.interval_s=2"), "'sync.interval_s' is given twice"),
        (("models.classes=[]", "models.classes.reason=[]"), "'models.classes.reason' is given twice"),
        (("sync.interval_s=1", "sync.interval_s.x=2"), "'sync.interval_s.x' is given twice"),
        (("sync.interval_s=soon", "channels.escalate_hours=1"), "Field 'sync.interval_s' does not fit"),
        (("nothing.here=1",), "Unknown field 'nothing'"),
    ],
)
def test_what_cannot_be_read_is_named_and_changes_nothing(folder: Path, words: tuple[str, ...], named: str) -> None:
    before = typed(folder, "--json").stdout
    refused = typed(folder, "set", *words)
    assert isinstance(refused.exception, ConfigError)
    assert named in str(refused.exception)
    assert typed(folder, "--json").stdout == before
