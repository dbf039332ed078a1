"""Functions started one by one with functions-framework's own command, as the platform starts them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from shared.backends.local.keys.identity import LocalCallers

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _started(function: str, data: Path) -> Iterator[str]:
    """Run one function as a server of its own; yield where it answers."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    source = f"functions/{function}/main.py"
    command = [str(Path(sys.executable).parent / "functions-framework"), "--source", source]
    command += ["--target", function.replace("-", "_"), "--host", "127.0.0.1", "--port", str(port)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    ours = {"WORKWRIGHT_DATA": str(data), "WORKWRIGHT_FUNCTIONS_URL": url, "WORKWRIGHT_PUBLIC_URL": url}
    with (data.parent / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**env, **ours}, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, data.parent / "log")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < ends, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)


def test_notion_webhook_refuses_a_delivery_while_no_webhook_is_set_up(tmp_path: Path) -> None:
    with _started("notion-webhook", tmp_path / "data") as url:
        headers = {"X-Notion-Signature": "sha256=" + "0" * 64}
        answer = requests.post(url, data=b"{}", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["detail"] == "No webhook is set up."
        handshake = requests.post(url, json={"verification_token": "x"}, timeout=10)
        assert handshake.status_code == 403


def test_a_queue_function_takes_a_task_from_the_queue_alone(tmp_path: Path) -> None:
    data, function = tmp_path / "data", "execute-step"
    with _started(function, data) as url:
        task = {"id": "c-1", "name": "attempt", "function": function, "tenant": "t-1", "run": "run-1", "step": "s"}
        to = f"{url}/t/t-1"
        assert requests.post(to, json=task, timeout=10).status_code == 401
        headers = {"Authorization": LocalCallers(data).authorization(f"{url}/{function}")}
        assert requests.post(to, json=task, headers=headers, timeout=10).status_code == 204
        other = requests.post(f"{url}/t/t-2", json=task, headers=headers, timeout=10)
        assert other.status_code == 404
        assert "tenant" in json.loads(other.text)["detail"]


def test_sync_answers_the_scheduler_and_takes_a_task_from_the_queue(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with _started("sync", data) as url:
        assert requests.post(url, timeout=10).status_code == 401
        headers = {"Authorization": LocalCallers(data).authorization(f"{url}/sync")}
        answer = requests.post(url, headers=headers, timeout=10)
        assert (answer.status_code, answer.json()) == (200, {"ordered": 0})
        task = {"id": "c-1", "name": "reconcile", "function": "sync", "tenant": "t-1"}
        assert requests.post(f"{url}/t/t-1", json=task, headers=headers, timeout=10).status_code == 204
        assert requests.post(f"{url}/t/t-2", json=task, headers=headers, timeout=10).status_code == 404


def test_api_answers_for_its_health(tmp_path: Path) -> None:
    with _started("api", tmp_path / "data") as url:
        answer = requests.get(f"{url}/v1/health", timeout=10)
        assert (answer.status_code, answer.json()["store"]) == (200, "ok")
