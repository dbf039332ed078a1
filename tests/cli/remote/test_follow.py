"""Runs as somebody looks at them in the terminal: which ones, when, and line by line as they go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from shared.app.approval.approvals import asked_now, decide
from shared.app.engine.engine import open_run, record
from shared.cli.house_calls import watch_house
from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.events import RunOpened
from shared.core.run.run import Run, StepSpec, Trigger, WaitKind
from tests.support.programs.commands import GROUP
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

TENANT = "t-0123456789abcdef01234567"
ROOT = Path(__file__).resolve().parents[3]
GATE = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
BUILD = StepSpec("build", "code.generate", "Write the site", depends_on=("approve",))


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    """Yield an API with a run that waits for its approval."""
    with served_api(tmp_path, TENANT) as api:
        _open(api, "run-waits", "A club site \x1b[31m")
        yield api


def _open(api: ServedApi, run: str, title: str) -> None:
    trigger = Trigger("page", "page-1", title, "Ada")
    open_run(api.deps, RunOpened(api.deps.clock.now(), TENANT, run, trigger, specs=(GATE, BUILD)))


def _approve(api: ServedApi) -> None:
    decide(api.deps, asked_now(_load(api)), approve=True, by="Ada", via="api")


def _load(api: ServedApi) -> Run:
    loaded = api.deps.store.load_run(TENANT, "run-waits")
    assert loaded is not None
    return loaded.run


def _end(api: ServedApi, *, well: bool) -> None:
    now = api.deps.clock.now()
    end = ev.StepSucceeded(now, "build", 1) if well else ev.StepFailed(now, "build", 1, "the tests are red")
    record(api.deps, TENANT, "run-waits", end)


@contextmanager
def _typed(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", "shared", *words, "--data", str(folder)],
        cwd=ROOT, env={**environment, "TERM": "xterm-256color"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
        # a run of the tests in the background of a shell ignores Ctrl-C, and would hand that down
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _read_until(process: subprocess.Popen[str], fits: Callable[[str], bool]) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not fits(lines[-1]):
        line = process.stdout.readline()
        assert line, f"it ended with {process.wait(30)} after {lines}"
        lines.append(line)
    return lines


def _read_rest(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, error = process.communicate(timeout=30)
    return out, error


def _type(folder: Path, *words: str) -> str:
    with _typed(folder, *words) as process:
        return _read_rest(process)[0]


@pytest.mark.parametrize(("well", "code", "word"), [(True, 0, "succeeded"), (False, 1, "failed")])
def test_a_run_is_followed_to_its_end(tmp_path: Path, api: ServedApi, well: bool, code: int, word: str) -> None:
    with _typed(tmp_path, "run", "run-waits", "--follow") as process:
        first = _read_until(process, lambda line: "workwright approve run-waits" in line)
        assert "awaiting_approval" in first[0]
        _approve(api)
        _read_until(process, lambda line: "running" in line and "Write the site" in line)
        _end(api, well=well)
        rest, error = _read_rest(process)
        assert process.returncode == code
    assert error == ""
    assert "\x1b" not in "".join(first) + rest
    changes, summary = rest.split("\n\n", 1)
    assert f"{word:<10} Write the site" in changes
    assert summary.startswith(f"run-waits  {word}")
    assert ("the tests are red" in summary) is not well


def test_nothing_is_said_twice_and_what_has_not_changed_is_not_sent(
    tmp_path: Path, api: ServedApi, capfd: pytest.CaptureFixture[str]
) -> None:
    with _typed(tmp_path, "run", "run-waits", "--follow", "--json") as process:
        _read_until(process, lambda line: "awaiting_approval" in line)
        served = ""
        while '"status": 304' not in served:
            served += capfd.readouterr().err
        _approve(api)
        _read_until(process, lambda line: json.loads(line)["status"] == "executing")
        _end(api, well=True)
        (last,) = _read_rest(process)[0].splitlines()
    assert json.loads(last)["status"] == "succeeded"


def test_a_run_that_has_ended_is_shown_and_that_is_all(tmp_path: Path, api: ServedApi) -> None:
    _approve(api)
    _end(api, well=True)
    with _typed(tmp_path, "run", "run-waits", "--follow") as process:
        out, _ = _read_rest(process)
        assert (process.returncode, out.count("run-waits  succeeded")) == (0, 2)


@pytest.mark.parametrize("words", [("run", "run-waits", "--follow"), ("runs", "--watch")])
def test_ctrl_c_ends_it_quietly(tmp_path: Path, api: ServedApi, words: tuple[str, ...]) -> None:
    with _typed(tmp_path, *words) as process:
        _read_until(process, lambda line: "run-waits" in line)
        process.send_signal(signal.SIGINT)
        _, error = _read_rest(process)
        assert (process.returncode, error) == (130, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "run-unknown", "--follow"), "No run 'run-unknown'"),
        (("run", "run-waits", "--follow", "--work"), "leave out"),
        (("run", "run-waits", "--follow", "--context", "build"), "leave out"),
        (("runs", "--watch", "--group", "asleep"), "group"),
    ],
)
def test_what_cannot_be_followed_is_said(tmp_path: Path, api: ServedApi, words: tuple[str, ...], said: str) -> None:
    with _typed(tmp_path, *words) as process:
        out, error = _read_rest(process)
        assert (process.returncode, out) == (2, "")
    assert said in error


def test_runs_are_watched_as_they_are_opened_and_change(tmp_path: Path, api: ServedApi) -> None:
    with _typed(tmp_path, "runs", "--watch", "--by", "ada") as process:
        _read_until(process, lambda line: "run-waits" in line and "waits: plan" in line)
        _open(api, "run-second", "A second site")
        _read_until(process, lambda line: "run-second" in line)
        _approve(api)
        (line,) = _read_until(process, lambda line: "run-waits" in line)
        assert "executing" in line
        assert "\x1b" not in line


class _Busy(BaseHTTPRequestHandler):
    """Answers once that it is busy, then as it was, then that nothing has changed, then with something new."""

    def do_GET(self) -> None:
        seen = self.server.seen  # type: ignore[attr-defined]
        seen.append(self.headers.get("If-None-Match", ""))
        status, tag, body = [(429, "", {}), (200, '"a"', {"n": 1}), (304, '"a"', None), (200, '"b"', {"n": 2})][
            len(seen) - 1
        ]
        self.send_response(status)
        for name, value in (("ETag", tag), ("Retry-After", "0" if status == 429 else "")):
            if value:
                self.send_header(name, value)
        self.end_headers()
        if body is not None:
            self.wfile.write(json.dumps(body).encode())

    def log_message(self, *ignored: object) -> None:
        """Say nothing."""


def test_a_house_that_is_busy_is_left_alone_and_asked_again(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Busy)
    server.seen = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "owner.key").write_text("a key of the tests", encoding="ascii")
    (tmp_path / "house.json").write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}))
    try:
        found = watch_house(tmp_path, "/v1/runs", params={})
        assert [next(found), next(found)] == [{"n": 1}, {"n": 2}]
        assert server.seen == ["", "", '"a"', '"a"']  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def test_a_run_is_shown_with_the_times_of_its_steps(tmp_path: Path, api: ServedApi) -> None:
    loaded = api.deps.store.load_run(TENANT, "run-waits")
    assert loaded is not None
    begin, asked = loaded.run.opened_at, loaded.run.plan_hash
    later = [begin + timedelta(seconds=seconds) for seconds in (60, 90, 86_400)]
    busy = ev.StepFailed(later[1], "build", 1, "503", ErrorClass.TRANSIENT, retry_after_s=30)
    for event in (
        acts.ApprovalGranted(later[0], "approve", asked, "Ada", "api"), busy, ev.StepSucceeded(later[2], "build", 2),
    ):  # fmt: skip
        record(api.deps, TENANT, "run-waits", event)
    lines = [line.strip() for line in _type(tmp_path, "run", "run-waits").splitlines()]
    begun, granted, failed, ended = (f"{when:%Y-%m-%dT%H:%M:%S}" for when in (begin, *later))
    again = f"{later[1] + timedelta(seconds=30):%Y-%m-%dT%H:%M:%S}"

    def until(one: str, other: str) -> str:
        return other.removeprefix(one[:11])  # the day stands once

    shown = lines[lines.index("succeeded  Approve") : lines.index("succeeded  Approve") + 5]
    assert shown == [
        "succeeded  Approve",
        f"{begun} to {until(begun, granted)}",
        "succeeded  Write the site",
        f"{granted} to {until(granted, failed)}, attempt 1, failed",
        f"{again} to {ended}, attempt 2",
    ]
    told = json.loads(_type(tmp_path, "run", "run-waits", "--json"))
    assert [(each["step"], each["attempt"]) for each in told["attempts"]] == [
        ("approve", 1),
        ("build", 1),
        ("build", 2),
    ]


def test_runs_are_listed_by_what_is_meant_however_many_they_are(tmp_path: Path, api: ServedApi) -> None:
    deps = api.deps
    for number in range(205):
        trigger = Trigger("routine", "page-2", "Weekly", "every Monday")
        open_run(deps, RunOpened(deps.clock.now(), TENANT, f"run-{number}", trigger, specs=(BUILD,)))
    many = json.loads(_type(tmp_path, "runs", "--kind", "routine", "--limit", "204", "--json"))
    assert len({run["id"] for run in many["runs"]}) == 204
    assert many["next_cursor"]
    meant = ("--group", "waiting", "--by", "ada", "--kind", "page", "--from", "2000-01-01", "--text", "club")
    assert [run["id"] for run in json.loads(_type(tmp_path, "runs", *meant, "--json"))["runs"]] == ["run-waits"]
    assert _type(tmp_path, "runs", *meant, "--to", "2000-01-01") == "No such runs.\n"
    assert _type(tmp_path, "runs", "--project", "0" * 32) == "No such runs.\n"
