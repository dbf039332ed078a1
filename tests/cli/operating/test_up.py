"""`workwright up` leaves a key for the owner's terminal, and keeps it over a restart."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.bench.load.person import Person
from shared.core.pages import marks
from shared.local.first_setup import SLACK_USER
from shared.local.story.idea import example_idea
from shared.ports import Secret

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
APP_TOKEN = "-".join(["xapp", "of", "this", "test"])


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}


@contextmanager
def _up(data: Path, *more: str) -> Iterator[Any]:
    """Run the house as a process of its own; yield what it says when it is ready."""
    command = [sys.executable, "-m", "shared", "up", "--data", str(data), *more]
    with (data.parent / "log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@contextmanager
def _house(data: Path) -> Iterator[str]:
    """Run the house as a process of its own; yield where it answers."""
    with _up(data) as ready:
        yield str(ready["console"])


def _type(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared", *words, "--data", str(data)]
    return subprocess.run(
        command, cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def test_the_owner_can_look_at_once_and_after_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with _house(data) as url:
        assert (
            int(url.rpartition(":")[2]) < 32_768
        )  # above, a connection that goes out may take it (ip_local_port_range)
        key = (data / "owner.key").read_text(encoding="ascii").strip()
        assert stat.S_IMODE((data / "owner.key").stat().st_mode) == 0o600
        listed = _type(data, "runs", "--json")
        assert (listed.returncode, json.loads(listed.stdout)) == (
            0,
            {"runs": [], "next": None, "next_cursor": None, "paused": "", "notion_away": ""},
        )
        headers = {"Authorization": f"Bearer {key}"}
        keys = requests.get(f"{url}/v1/keys", headers=headers, timeout=10).json()["keys"]
        assert [(k["role"], k["name"]) for k in keys] == [("owner", "the operator of this machine")]
        assert requests.get(f"{url}/connected?tenant=t-1", timeout=10).status_code == 200
    assert "nothing answers" in _type(data, "runs").stderr
    with _house(data) as again:
        assert again == url
        assert (data / "owner.key").read_text(encoding="ascii").strip() == key
        assert len(requests.get(f"{url}/v1/keys", headers=headers, timeout=10).json()["keys"]) == 1


def _ask(url: str) -> Any:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def _approve_in_slack(slack: str) -> str:
    """Press Approve below the message that asks, as a person does; return what Slack shows them."""
    (channel,) = _ask(f"{slack}/_state")["channels"]
    asking = _soon(lambda: [each for each in _ask(f"{slack}/_state")["channels"][channel] if "approve" in str(each)])
    order = {"channel": channel, "ts": asking[0]["ts"], "action_id": "approve", "user": SLACK_USER}
    clicked = requests.post(f"{slack}/_click", json=order, timeout=20).json()
    assert (clicked["status"], clicked["deliveries"]) == (200, 1)
    shown = _soon(lambda: [each for each in _effects(slack) if each["kind"] == "message.ephemeral"])
    return str(shown[0]["text"])


def _effects(simulator: str) -> list[Any]:
    return [effect for entry in _ask(f"{simulator}/_journal?effects=1") for effect in entry["effects"]]


def _soon(look: Callable[[], list[Any]]) -> list[Any]:
    until = time.monotonic() + 40
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def _is_taken(url: str) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(url.rpartition(":")[2])))
            probe.listen()
        except OSError:
            return True
    return False


def test_a_house_that_moves_to_another_port_finds_its_world_and_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with _up(data, "--port", "0") as first:
        page = Person.at_home(data, first["simulators"]["notion"]).write(example_idea(), 1)
        requests.post(f"{first['simulators']['slack']}/_seed", json={"app_token": APP_TOKEN}, timeout=10)
    LocalSecrets(data).set("slack-app-token", Secret(APP_TOKEN))  # from now on clicks come in over a socket
    with socket.socket() as taken:  # what was its port is another's now
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(first["console"].rpartition(":")[2])))
        taken.listen()
        with _up(data, "--port", "0") as again:
            moved = {url for name, url in first["simulators"].items() if again["simulators"][name] != url}
            assert {url for url in moved if not _is_taken(url)} == set()  # by another test's house, meanwhile
            hooks = [each["url"] for each in _ask(f"{again['simulators']['notion']}/_subscriptions")]
            assert hooks == [again["functions"]["notion-webhook"]]
            slack = _ask(f"{again['simulators']['slack']}/_state")
            assert slack["interactivity_url"] == f"{again['console']}/v1/slack/interactions"
            person = Person.at_home(data, again["simulators"]["notion"])
            person.set_status(page, marks.PLAN_IT)
            assert person.see_through([page], planned=True, within_s=40) == {marks.PLAN_READY: 1}
            assert _approve_in_slack(again["simulators"]["slack"]).startswith("Approved: ")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = _type(tmp_path / "data", "up", "--port", str(port))
    assert refused.returncode == 2
    assert f"port {port} is in use; choose another with --port" in refused.stderr


def _on_a_terminal(data: Path, *more: str) -> str:
    """Return what `up` shows on a terminal until it is ready, and end it."""
    ours, its = os.openpty()
    command = [sys.executable, "-m", "shared", "up", "--data", str(data), *more]
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=its, stderr=subprocess.DEVNULL)
    os.close(its)
    said = b""
    try:
        while b'"ready": true' not in said:
            said += os.read(ours, 65_536)
        while select.select([ours], [], [], 1.0)[0]:  # what comes with it
            said += os.read(ours, 65_536)
    finally:
        process.terminate()
        process.wait(30)
        os.close(ours)
    return said.decode().replace("\r\n", "\n")


def test_a_person_is_told_where_to_go_beside_the_line_for_programs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    line, _, beside = _on_a_terminal(data).partition("\n")
    ready = json.loads(line)
    assert ready["simulators"]["notion"] in beside
    assert "Plan it" in beside
    commands = [found[1].split(", in ")[0].split() for found in re.finditer(r"(workwright .*)", beside)]
    assert [words[1] for words in commands] == ["runs", "doctor"]
    assert all(words[2:] == ["--data", str(data)] for words in commands)
    (line,) = _on_a_terminal(data, "--json").splitlines()
    assert json.loads(line)["ready"] is True
