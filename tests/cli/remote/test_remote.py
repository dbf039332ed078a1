"""The terminal's commands against a running API: what they print, and what they say when something is missing."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.intake.open_page_run import page_record
from shared.app.models.contexts import keep_context
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.events import RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import RunStatus, StepSpec, Trigger, Usage, WaitKind
from shared.mind.context import Part, assemble
from shared.ports import Commit, Put
from tests.support.builders.work_versions import TestedRun
from tests.support.programs.commands import GROUP, type_command
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

TENANT = "t-0123456789abcdef01234567"
ROOT = Path(__file__).resolve().parents[3]
GATE = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
BUILD = StepSpec("build", "code.generate", "Write the site", depends_on=("approve",))


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal in front of a data folder."""

    data: Path
    api: ServedApi

    def type(self, *words: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run `workwright` with these words, as a process of its own."""
        return _as_typed([*words, "--data", str(data or self.data)])


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Yield a terminal, and a run that waits for its approval."""
    data = tmp_path / "data"
    data.mkdir()
    with served_api(data, TENANT) as api:
        trigger = Trigger("page", "page-1", "A club site \x1b[31m", "Ada")
        opened = RunOpened(api.deps.clock.now(), TENANT, "run-waits", trigger, specs=(GATE, BUILD))
        run, commands = reduce(None, opened)
        pages = Put("pages", "page-1", {"run": run.id, "generation": 1, "settled": True})
        api.deps.store.commit(Commit(run, (opened,), commands, "", "first", puts=(pages,)))
        yield Terminal(data, api)


def _status(terminal: Terminal) -> RunStatus:
    loaded = terminal.api.deps.store.load_run(TENANT, "run-waits")
    assert loaded is not None
    return loaded.run.status


def test_it_looks_approves_cancels_and_retries(terminal: Terminal) -> None:
    listed = terminal.type("runs")
    assert listed.returncode == 0
    assert "run-waits" in listed.stdout
    assert "waits: plan" in listed.stdout
    assert "\x1b" not in listed.stdout

    looked = terminal.type("run", "run-waits")
    assert "workwright approve run-waits" in looked.stdout
    assert "Write the site" in looked.stdout

    approved = terminal.type("approve", "run-waits", "--json")
    assert json.loads(approved.stdout)["status"] == "executing"
    assert _status(terminal) == RunStatus.EXECUTING

    cancelled = terminal.type("cancel", "run-waits", "--reason", "wrong page", "--force", "--json")
    assert json.loads(cancelled.stdout)["status"] == "cancelled"
    assert "wrong page" in json.loads(cancelled.stdout)["cancel"]

    retried = terminal.type("retry", "run-waits", "--json")
    new = json.loads(retried.stdout)
    assert new["retry_of"] == "run-waits"
    assert page_record(terminal.api.deps, TENANT, "page-1").run == new["id"]
    runs = json.loads(terminal.type("runs", "--json").stdout)["runs"]
    assert {run["id"] for run in runs} == {"run-waits", new["id"]}


def test_what_was_put_aside_is_shown_with_its_replay_in_every_place(terminal: Terminal) -> None:
    command = Command("run-waits.9.0", "mirror", "notify", TENANT, "run-waits")
    terminal.api.deps.queue.bury(command, "500 a bug stopped this request", 8)
    way_on = "workwright replay run-waits.9.0"
    for words in (("runs",), ("run", "run-waits"), ("dead-letters",), ("doctor",)):
        said = terminal.type(*words).stdout
        assert way_on in said, words
        assert "500 a bug stopped this request" in said, words
    replayed = terminal.type("replay", "run-waits.9.0")
    assert replayed.returncode == 0, replayed.stderr
    for words in (("runs",), ("run", "run-waits"), ("dead-letters",), ("doctor",)):
        assert way_on not in terminal.type(*words).stdout, words


def test_it_shows_what_the_day_has_cost_and_into_what_it_went(terminal: Terminal) -> None:
    deps = terminal.api.deps
    trigger = Trigger("page", "page-2", "A site", "Ada")
    steps = (StepSpec("write", "code.generate", "Write it"),)
    open_run(deps, RunOpened(deps.clock.now(), TENANT, "run-paid", trigger, specs=steps))
    call = {"model": "big", "tokens": 900, "micros": 120_000}
    done = ev.StepSucceeded(deps.clock.now(), "write", 1, used=Usage(900, 120_000), calls=(call,))
    record(deps, TENANT, "run-paid", done)
    said = terminal.type("usage", "--by", "model").stdout
    assert "0.1200 of 25.0000 US dollars, 900 tokens" in said
    assert "1 run finished, 0.1200 each" in said
    assert "0.1200      1 calls  big" in said


def test_it_takes_a_live_version_back_and_seals_values_of_sites(terminal: Terminal) -> None:
    deps = terminal.api.deps
    live = {"system": "vercel", "project": "prj_1", "deployment": "dpl_2", "previous": "dpl_1"}
    steps = (StepSpec("promote", "site.promote", "Put it live"),)
    trigger = Trigger("page", "page-2", "A site", "Ada")
    open_run(deps, RunOpened(deps.clock.now(), TENANT, "run-live", trigger, specs=steps))
    record(deps, TENANT, "run-live", ev.StepSucceeded(deps.clock.now(), "promote", 1, live))
    taken = [json.loads(terminal.type("rollback", "run-live", "--json").stdout)["id"] for _ in range(2)]
    loaded = deps.store.load_run(TENANT, taken[0])
    assert taken[0] == taken[1]
    assert loaded is not None
    assert loaded.run.steps[0].spec.input["previous"] == "dpl_1"
    sealed = terminal.type("site-value", "forms", "--forget")
    assert "No values yet" in sealed.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("runs", "--group", "asleep"), "group"),
        (("runs", "--from", "yesterday"), "from"),
        (("run", "run-unknown"), "No run 'run-unknown'"),
        (("run", "../keys"), "nothing at this address"),
        (("retry", "run-waits"), "has not ended"),
        (("rollback", "run-waits"), "has put nothing live"),
        (("runs", "--status", "asleep"), "status"),
        (("runs", "--limit", "0"), "limit"),
    ],
)
def test_a_refusal_is_clear_and_ends_with_two(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    done = terminal.type(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2  # what is wrong, and the way out


def test_without_a_house_it_says_how_to_start_one(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.type("runs", data=tmp_path / "elsewhere")
    assert done.returncode == 2
    assert "workwright up" in done.stderr


def test_a_house_that_does_not_answer_is_named(terminal: Terminal) -> None:
    (terminal.data / "house.json").write_text('{"url": "http://127.0.0.1:9"}', encoding="utf-8")
    done = terminal.type("runs")
    assert done.returncode == 2
    assert "nothing answers at http://127.0.0.1:9" in done.stderr


def test_without_a_key_it_says_where_one_comes_from(terminal: Terminal) -> None:
    (terminal.data / "owner.key").unlink()
    done = terminal.type("runs")
    assert done.returncode == 2
    assert "owner.key" in done.stderr


def test_a_denied_run_shows_why_it_ended(terminal: Terminal) -> None:
    store, now = terminal.api.deps.store, terminal.api.deps.clock.now()
    loaded = store.load_run(TENANT, "run-waits")
    assert loaded is not None
    denied = acts.ApprovalDenied(now, "approve", loaded.run.plan_hash, "Bo", "slack", "too dear")
    run, commands = reduce(loaded.run, denied)
    store.commit(Commit(run, (denied,), commands, loaded.version, "second"))
    assert "cancelled: denied by Bo: too dear" in terminal.type("run", "run-waits").stdout


def test_it_shows_what_a_step_has_told_a_model_to_whoever_may_see_it(terminal: Terminal) -> None:
    loaded = terminal.api.deps.store.load_run(TENANT, "run-waits")
    assert loaded is not None
    step = loaded.run.step("build")
    assert step is not None
    parts = [Part("task", "us", "Build it.", trusted=True), Part("page", "page p1", "Bread \x1b[31m. " * 200)]
    keep_context(terminal.api.deps, loaded.run, step, assemble(parts, budget=300))
    shown = terminal.type("run", "run-waits", "--context", "build").stdout
    assert "build  code.generate  attempt 1" in shown
    assert "instruction  us" in shown
    assert "page         data         page p1  (no room: " in shown
    assert "Build it." in shown
    assert "\x1b" not in shown
    as_data = json.loads(terminal.type("run", "run-waits", "--context", "build", "--json").stdout)
    assert [part["name"] for part in as_data["parts"]] == ["task", "page"]
    missing = terminal.type("run", "run-waits", "--context", "approve")
    assert (missing.returncode, "Steps that have asked one: build." in missing.stderr) == (2, True)


def test_it_shows_the_versions_of_the_work_and_each_in_full(terminal: Terminal) -> None:
    TestedRun(terminal.api.deps, TENANT).tell()
    listed = terminal.type("run", "run-work", "--work")
    assert listed.returncode == 0, listed.stderr
    assert [line.split()[:2] for line in listed.stdout.splitlines()] == [["1", "red"], ["2", "green"]]
    first = terminal.type("run", "run-work", "--work", "1")
    assert "FAILED tests/test_adds.py: test_it" in first.stdout
    assert "+    return a - b" in first.stdout
    assert "tests of yours that it removed: t.py" in first.stdout
    assert json.loads(terminal.type("run", "run-work", "--work", "2", "--json").stdout)["green"] is True
    back = terminal.type("run", "run-work", "--work", "1", "--since", "2").stdout
    assert "-    return a + b" in back
    assert terminal.type("run", "run-work", "--work", "2", "--file", "README.md").stdout == "Adds.\n"
    assert "name it with --work N" in terminal.type("run", "run-work", "--file", "README.md").stderr


HINT = re.compile(r"^.*\b(workwright [a-z].*)$", re.MULTILINE)


def _hinted(printed: str) -> list[list[str]]:
    """Return the commands that an output names, as a shell would take them apart."""
    return [shlex.split(found)[1:] for found in HINT.findall(printed)]


def _as_typed(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command exactly as it was printed, with nothing added to it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    return type_command(*words, env=environment)


@pytest.mark.parametrize("gate", ["approve", "release", "production"])
def test_the_command_that_a_waiting_run_names_approves_it(terminal: Terminal, gate: str) -> None:
    look = StepSpec("look", "release.review")
    ask = StepSpec(gate, "approval.ask", "Approve", depends_on=("look",), lane="", gate=WaitKind.APPROVAL)
    opened = RunOpened(terminal.api.deps.clock.now(), TENANT, "run-asks", Trigger("page", "p"), specs=(look, ask))
    open_run(terminal.api.deps, opened)
    binds = {"binds": "5f" * 32, "tests": 3, "targets": []} if gate != "approve" else {}
    record(terminal.api.deps, TENANT, "run-asks", ev.StepSucceeded(opened.at, "look", 1, output=binds))
    (named,) = _hinted(terminal.type("run", "run-asks").stdout)
    assert named[:2] == ["approve", "run-asks"]
    done = _as_typed(named)
    assert (done.returncode, done.stderr) == (0, "")
    loaded = terminal.api.deps.store.load_run(TENANT, "run-asks")
    assert loaded is not None
    assert loaded.run.status == RunStatus.SUCCEEDED


def test_the_command_that_a_failed_run_names_goes_on_with_it(terminal: Terminal) -> None:
    terminal.type("cancel", "run-waits", "--reason", "wrong page")
    (named,) = _hinted(terminal.type("run", "run-waits").stdout)
    done = _as_typed(named)
    assert (done.returncode, named[:2]) == (0, ["retry", "run-waits"])
    assert "retries: run-waits, from where it ended" in done.stdout
    assert _hinted(terminal.type("run", "run-waits").stdout) == []  # it is retried: there is nothing more to type


def test_what_is_refused_without_a_hash_names_the_command_with_it(terminal: Terminal) -> None:
    ask = StepSpec("release", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
    opened = RunOpened(terminal.api.deps.clock.now(), TENANT, "run-asks", Trigger("page", "p"), specs=(ask,))
    open_run(terminal.api.deps, opened)
    refused = terminal.type("approve", "run-asks")
    assert refused.returncode == 2
    (named,) = _hinted(refused.stderr)
    assert _as_typed(named).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("site-value",),
        ("hooks",),
        ("preferences",),
        ("knowledge",),
        ("models",),
        ("ship",),
        ("usage",),
        ("origins",),
        ("endpoints",),
    ],
)
def test_commands_that_hints_name_are_there_and_mean_the_same_folder(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    said = terminal.type(*words)
    assert said.returncode == 0
    for named in _hinted(said.stdout):
        assert named[-2:] == ["--data", str(terminal.data)]
        assert "Usage: workwright" in _as_typed([*named[:-2], "--help"]).stdout
