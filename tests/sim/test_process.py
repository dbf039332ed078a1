"""All simulators as one process: it says where they are, survives a kill, keeps its ports, and ends with its parent."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
TOKEN = "-".join(["test", "token"])


class House:
    """Starts the process as a user would, and never leaves one behind."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *more: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        command = [sys.executable, "-m", "shared.local.simulators", "--data", str(self.data), *more]
        with (self.data.parent / "errors").open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)
        self.running.append(process)
        assert process.stdout is not None
        said: dict[str, Any] = json.loads(process.stdout.readline())
        assert said["ready"] is True
        return process, said["simulators"]

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "house")
    yield house
    house.close()


@pytest.mark.slow
def test_those_that_are_named_are_served_and_no_others(house: House) -> None:
    process, urls = house.start("--only", "vercel,slack")
    assert set(urls) == {"vercel", "slack"}
    process.kill()
    process.wait(10)
    assert house.start("--only", "slack")[1] == {"slack": urls["slack"]}


@pytest.mark.slow
def test_after_a_kill_everything_is_at_the_same_address_and_what_was_answered_is_kept(house: House) -> None:
    process, urls = house.start()
    assert {"github", "vercel", "slack", "ses"} <= set(urls)
    for name, url in urls.items():
        assert requests.get(f"{url}/_health", timeout=10).json() == {"ok": True, "simulator": name}
    requests.post(f"{urls['github']}/_seed", json={"token": TOKEN, "login": "ada"}, timeout=10)
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    body = {"name": "site", "auto_init": True}
    made = requests.post(f"{urls['github']}/user/repos", json=body, headers=headers, timeout=10)
    assert made.status_code == 201
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process, again = house.start()
    assert again == urls
    assert requests.get(f"{urls['github']}/repos/ada/site", headers=headers, timeout=10).status_code == 200
    effects = [e for j in requests.get(f"{urls['github']}/_journal?effects=1", timeout=10).json() for e in j["effects"]]
    assert [e["kind"] for e in effects] == ["repo.create", "commit.create", "ref.create"]
    process.terminate()
    assert process.wait(10) == 0


def test_a_kill_in_the_middle_of_work_parts_neither_state_from_journal_nor_answer_from_state(house: House) -> None:
    process, urls = house.start()
    requests.post(f"{urls['slack']}/_seed", json={"token": TOKEN, "channels": ["C1"]}, timeout=10)
    headers, answered = {"Authorization": f"Bearer {TOKEN}"}, []
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        while True:
            body = {"channel": "C1", "text": "x"}
            answer = session.post(f"{urls['slack']}/api/chat.postMessage", json=body, headers=headers, timeout=10)
            answered.append(answer.json()["ts"])
            if len(answered) == 10:
                threading.Timer(0.05, process.kill).start()
    process.wait(10)
    _, urls = house.start()
    entries = requests.get(f"{urls['slack']}/_journal?effects=1", timeout=10).json()
    noted = [effect["ts"] for entry in entries for effect in entry["effects"]]
    kept = [message["ts"] for message in requests.get(f"{urls['slack']}/_state", timeout=10).json()["channels"]["C1"]]
    assert noted == kept
    assert answered == kept[: len(answered)]
    assert len(kept) - len(answered) <= 1
    assert answered


def test_no_connection_that_goes_out_can_take_an_address_while_its_process_is_away(house: House) -> None:
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(given.read_text("ascii").split()[0]) if given.exists() else 49_152  # RFC 6335, section 6
    _, urls = house.start()
    assert max(int(url.rpartition(":")[2]) for url in urls.values()) < first


def test_a_second_process_waits_for_the_first_to_let_go_of_the_folder(house: House) -> None:
    first, urls = house.start()
    threading.Timer(0.5, first.terminate).start()
    _, again = house.start()
    assert again == urls
    assert first.wait(10) == 0


def test_it_ends_with_a_parent_that_died_and_that_nobody_waited_for(house: House) -> None:
    start = "import os, subprocess, sys; subprocess.Popen([*sys.argv[1:], str(os.getpid())]).wait()"
    command = [
        sys.executable,
        "-c",
        start,
        sys.executable,
        "-m",
        "shared.local.simulators",
        "--data",
        str(house.data),
        "--parent-pid",
    ]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    urls = json.loads(parent.stdout.readline())["simulators"]
    parent.kill()
    assert parent.stdout.read() == ""  # the pipe ends when the last process that holds it has ended
    parent.stdout.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{urls['slack']}/_health", timeout=10)
    parent.wait(10)


def test_it_ends_when_its_parent_is_gone(house: House) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process, urls = house.start("--parent-pid", str(parent.pid))
    assert requests.get(f"{urls['slack']}/_health", timeout=10).status_code == 200
    parent.communicate(b"\n")
    assert process.wait(10) == 0


def test_an_asked_for_port_is_used(house: House) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _, urls = house.start("--port-slack", str(port))
    assert urls["slack"] == f"http://127.0.0.1:{port}"
    assert os.path.exists(house.data / "ports.json")


def test_a_port_that_somebody_else_has_taken_is_named_and_the_world_goes_on(house: House) -> None:
    process, urls = house.start()
    process.terminate()
    assert process.wait(10) == 0
    port = int(urls["slack"].rpartition(":")[2])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        _, again = house.start()
    assert {name for name in urls if again[name] != urls[name]} == {"slack"}
    assert requests.get(f"{again['slack']}/_health", timeout=10).json()["ok"] is True
    said = (house.data.parent / "errors").read_text(encoding="utf-8")
    assert f"port {port}, where slack was simulated, is in use" in said
    assert again["slack"].rpartition(":")[2] in said
