"""`workwright probe` as a person types it: what is asked first, where the credential comes from, what is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from shared.backends.clock import SystemClock
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.cli.probe import command as probe_command
from shared.cli.root import workwright
from shared.core.errors import ConfigError
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.ports import Put, Secret
from tests.cli.probe.rig import served

TOKEN = "-".join(("xoxb", "typed"))
assert probe_command  # loading it has added the command


class Terminal:
    """A person in a folder of their own, with a simulated Slack."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.token = folder / "token"
        self.token.write_text(f"{TOKEN}\n", encoding="utf-8")

    def type(self, *words: str, given: str = "", yes: bool = True) -> Result:
        report = () if "--report" in words else ("--report", str(self.folder / "report.json"))
        line = ["probe", "slack", "--in", "C1", *words, *report, *(["--yes"] if yes else [])]
        return CliRunner().invoke(workwright, line, input=given, env={"WORKWRIGHT_SLACK_URL": self.url})

    def report(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return found

    def messages(self) -> list[str]:
        state = requests.get(f"{self.url}/_state", timeout=10).json()
        return [message["text"] for message in state["channels"]["C1"]]


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Terminal]:
    with served(SlackSimulator()) as url:
        requests.post(f"{url}/_seed", json={"token": TOKEN, "channels": ["C1"]}, timeout=10).raise_for_status()
        yield Terminal(url, tmp_path)


def test_without_differences_it_ends_well_and_writes_a_report(person: Terminal) -> None:
    done = person.type("--token-file", str(person.token))
    assert done.exit_code == 0, done.output
    assert "20 calls: 20 answered as expected, 0 otherwise" in done.output
    assert "three messages, which are deleted" in done.output
    told = person.report()
    assert (told["system"], told["ended"]) == ("slack", "at its end")
    assert TOKEN not in json.dumps(told) + done.output
    assert person.messages() == []


def test_a_difference_is_a_row_of_the_table_and_an_exit_code(person: Terminal) -> None:
    order = {"path": "/chat.noSuchMethod", "status": 200, "body": {"ok": False, "error": "method_gone"}}
    requests.post(f"{person.url}/_faults", json=order, timeout=10).raise_for_status()
    done = person.type("--token-file", str(person.token))
    assert done.exit_code == 1
    row = next(line for line in done.output.splitlines() if line.startswith("a method that is none"))
    assert row.split("  ")[0] == "a method that is none"
    assert "“unknown_method”" in row
    assert "“method_gone”" in row


@pytest.mark.parametrize("way", ["stdin", "data"])
def test_a_credential_comes_from_standard_input_or_from_what_is_connected(person: Terminal, way: str) -> None:
    if way == "stdin":
        done = person.type("--json", given=f"{TOKEN}\n")
    else:
        data = person.folder / "data"
        store = LocalStore(data, SystemClock())
        sealed = LocalSecrets(data).seal("t1", "slack.access", Secret(TOKEN))
        store.put("t1", Put("grants", "slack", {"status": "connected", "access": sealed}))
        store.close()
        (data / "house.json").write_text("{}", encoding="utf-8")
        done = person.type("--data", str(data))
    assert done.exit_code == 0, done.output
    assert person.report()["summary"] == {
        "asked": 20, "as expected": 20, "differ": 0, "only notes": 0, "not asked": 0,
    }  # fmt: skip


def test_nothing_is_made_before_somebody_has_agreed(person: Terminal) -> None:
    done = person.type("--token-file", str(person.token), yes=False)
    assert isinstance(done.exception, ConfigError)
    assert "give --yes" in str(done.exception)
    journal = requests.get(f"{person.url}/_journal", timeout=10).json()
    assert journal == []


def test_a_credential_is_no_argument() -> None:
    workwright.load_all()
    command = workwright.commands["probe"]
    assert {param.name for param in command.params} == {
        "system", "named", "token_file", "data", "report", "only_clean", "yes", "as_json",
    }  # fmt: skip


def test_a_file_of_somebody_elses_is_not_overwritten(person: Terminal) -> None:
    mine = person.folder / "notes.json"
    mine.write_text('{"my": "notes"}', encoding="utf-8")
    done = person.type("--token-file", str(person.token), "--report", str(mine))
    assert isinstance(done.exception, ConfigError)
    assert json.loads(mine.read_text(encoding="utf-8")) == {"my": "notes"}
    for _ in range(2):  # its own report is replaced
        assert person.type("--token-file", str(person.token)).exit_code == 0


def test_cleaning_alone_asks_nothing_else(person: Terminal) -> None:
    asked = {"channel": "C1", "text": "workwright-probe-0a1b2c3d"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    requests.post(f"{person.url}/chat.postMessage", json=asked, headers=headers, timeout=10)
    done = person.type("--token-file", str(person.token), "--clean")
    assert (done.exit_code, person.messages()) == (0, [])
    assert "Nothing of a probe is left." in done.output
    assert not (person.folder / "report.json").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--token-file", "none"), "none cannot be read"),
        (("--token-file", "token", "--data", "data"), "exclude each other"),
        (("--data", "data"), "has not run in"),
    ],
)
def test_what_is_wrong_with_a_credential_is_said(person: Terminal, words: tuple[str, ...], told: str) -> None:
    done = person.type(*(str(person.folder / word) if not word.startswith("--") else word for word in words))
    assert isinstance(done.exception, ConfigError)
    assert told in str(done.exception)
