"""The example files are taken by what reads such files, hold every name that is known, and no other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from shared.cli.setup.answer_file import KNOWN, AnswerFile
from shared.core.errors import ConfigError
from shared.settings import MODEL_SYSTEMS, SYSTEMS, Settings
from tests.support.builders.noting_environment import Noting
from tests.support.repository.documents import ROOT

EXAMPLES = ROOT / "docs" / "guides" / "examples"
ANSWERS = (EXAMPLES / "init.toml").read_text(encoding="utf-8")
ENVIRONMENT = (EXAMPLES / "environment").read_text(encoding="utf-8")
FOR_TESTS = "address"  # of a system on this machine that poses as the real one
LEFT_OUT = {
    "K_REVISION": "the platform sets it in the cloud",
    "OTEL_EXPORTER_OTLP_HEADERS": "a secret",
    "WORKWRIGHT_MODE": "it is local on one machine",
    "WORKWRIGHT_FUNCTIONS_URL": "`up` sets it",
    "WORKWRIGHT_SES_SENDER": "the name before WORKWRIGHT_MAIL_SENDER",
    "WORKWRIGHT_REGISTRY_HOSTS": "it follows from the registries",
    "WORKWRIGHT_VERTEX_SANDBOX_URL": "Google's own",
    "WORKWRIGHT_SANDBOX_LOCATION": "with the sandbox of Vertex AI alone",
    "WORKWRIGHT_SANDBOX_RUNTIME": "with the sandbox of Vertex AI alone",
    **{f"WORKWRIGHT_{name}": "for tests" for name in ("CLOCK_FILE", "CRASH_AT", "CRASH_LOG", "DUPLICATES", "SHUFFLE")},
    **{
        f"WORKWRIGHT_{system.upper()}_URL": "the vendor's own address"
        for system in (*SYSTEMS, *MODEL_SYSTEMS)
        if system != "compatible"
    },
}


def _with_all_lines(text: str, sign: str) -> str:
    return re.sub(rf"^#(?=\w+{sign})", "", text, flags=re.MULTILINE)


def _variables(text: str) -> dict[str, str]:
    """Return what systemd reads in such a file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _names(text: str) -> dict[str, set[str]]:
    found = tomllib.loads(text)
    return {
        name: {key for one in (table if name == "people" else [table]) for key in one} for name, table in found.items()
    }


@pytest.mark.parametrize("text", [ANSWERS, _with_all_lines(ANSWERS, " = ")], ids=["as it stands", "with all lines"])
def test_the_example_of_answers_is_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "init.toml"
    file.write_text(text, encoding="utf-8")
    answers = AnswerFile(file)
    assert [part for part in KNOWN if not answers.begins(part, "", "")] == []


def test_a_name_that_is_not_known_would_be_noticed(tmp_path: Path) -> None:
    file = tmp_path / "init.toml"
    file.write_text(ANSWERS.replace("folder =", "directory ="), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sites\.directory"):
        AnswerFile(file)


def test_the_example_of_answers_holds_every_name_that_is_known() -> None:
    known = {part: set(names) - ({FOR_TESTS} if part != "address" else set()) for part, names in KNOWN.items()}
    assert _names(_with_all_lines(ANSWERS, " = ")) == known


def test_no_secret_stands_in_the_example_of_answers() -> None:
    found = tomllib.loads(_with_all_lines(ANSWERS, " = "))
    secrets = {"secret", "token", "key", "password", "username", "app_token", "signing_secret", "client_secret"}
    secrets |= {"access_key_id", "secret_access_key"}
    given = {
        value for table in found.values() if isinstance(table, dict) for key, value in table.items() if key in secrets
    }
    assert len(given) > 8
    assert [one for one in given if not one.startswith(("env:", "file:"))] == []


@pytest.mark.parametrize(
    "text", [ENVIRONMENT, _with_all_lines(ENVIRONMENT, "=")], ids=["as it stands", "with all lines"]
)
def test_the_example_of_an_environment_is_taken(text: str) -> None:
    found = Settings.from_env(_variables(text))
    assert found.data == Path("/var/lib/workwright")


def test_the_example_of_an_environment_holds_every_variable_of_one_machine_and_no_other() -> None:
    noting = Noting(_variables(_with_all_lines(ENVIRONMENT, "=")))
    Settings.from_env(noting)
    older = Noting({})
    Settings.from_env(older)
    asked = noting.asked | older.asked
    assert set(noting) == asked - set(LEFT_OUT)
    assert set(LEFT_OUT) - asked == set()
