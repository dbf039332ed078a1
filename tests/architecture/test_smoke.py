"""The smoke test after a deployment: a house that answers well passes, each lie is found, and what that does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.cloud.shared_emulator import GROUP
from tests.support.servers.http_loopback import Handler, HttpServer
from tools import release, smoke

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group(GROUP)


# --- the smoke test, against a house that answers well but for one lie


class House:
    """Answers as an installation does, except where it was told to lie: "METHOD path" → status and body."""

    def __init__(self) -> None:
        self.lies: dict[str, tuple[int, Any]] = {}
        self.token = "what signs here"
        house = self

        class Door(Handler):
            def do_GET(self) -> None:
                self._answer("GET")

            def do_POST(self) -> None:
                self.body()
                self._answer("POST")

            def _answer(self, method: str) -> None:
                signature = self.headers.get("X-Notion-Signature", "")
                status, body = house.answer(f"{method} {self.path}", signature)
                self.reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

        self.http = HttpServer(Door)
        self.urls = {name: f"{self.http.url}/{name}" for name in (*smoke.PUBLIC, "plan", "sweep", "code-runner")}

    def answer(self, asked: str, signature: str) -> tuple[int, Any]:
        if asked in self.lies:
            return self.lies[asked]
        signed = signature == smoke._sign_delivery(self.token)["X-Notion-Signature"]
        well: Mapping[str, tuple[int, Any]] = {
            "GET /api/v1/health": (200, {"status": "ok", "store": "ok"}),
            "GET /oauth-callback/": (400, {"type": "urn:workwright:malformed_request"}),
            "POST /notion-webhook": (200 if signed else 401, {"type": "urn:workwright:bad_signature"}),
            "POST /forge-webhook/hooks/github": (401, {"type": "urn:workwright:bad_signature"}),
        }
        return well.get(asked, (401, {"type": "urn:workwright:unauthenticated"}))


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(smoke, "_PAUSE_S", 0.0)
    made = House()
    with made.http:
        yield made


@pytest.fixture
def look(house: House, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return what runs the smoke test, and returns its exit code and its result."""

    def run(token: str = house.token) -> tuple[int, str]:
        (tmp_path / "urls.json").write_text(json.dumps(house.urls))
        (tmp_path / "token").write_text(token + "\n")
        told = [f"--{name}={tmp_path / file}" for name, file in (("urls", "urls.json"), ("result", "result"))]
        code = smoke.main([*told, f"--webhook-token-file={tmp_path / 'token'}"])
        return code, (tmp_path / "result").read_text().strip()

    return run


def test_a_house_that_answers_well_passes(look: Callable[..., tuple[int, str]], capsys: Any) -> None:
    assert look() == (0, "passed")
    said = capsys.readouterr().out
    assert said.count("✓") == 10
    assert "✓ notion-webhook accepts what is signed" in said
    assert look("") == (0, "passed")
    assert "no signed delivery was sent" in capsys.readouterr().out


LIES: list[tuple[str, int, Any, str]] = [
    ("GET /api/v1/health", 503, {"status": "down"}, "api and its store are well"),
    ("GET /api/v1/health", 200, {"status": "ok", "store": "unreachable"}, "api and its store are well"),
    ("GET /api/v1/health", 200, "ok", "api and its store are well"),
    ("GET /api/v1/runs", 200, {"runs": []}, "api shows no runs without a key"),
    ("GET /oauth-callback/", 500, {}, "oauth-callback accepts no answer without its state"),
    ("POST /notion-webhook", 200, {"accepted": 1}, "notion-webhook refuses what is not signed"),
    ("POST /notion-webhook", 401, {}, "notion-webhook refuses a wrong signature"),
    ("POST /forge-webhook/hooks/github", 202, {}, "forge-webhook refuses what is not signed"),
    ("POST /plan", 400, {}, "plan answers nobody without a token"),
    ("POST /code-runner", 200, {}, "code-runner answers nobody without a token"),
]


@pytest.mark.parametrize(("asked", "status", "body", "check"), LIES)
def test_each_lie_is_found_and_the_former_release_comes_back(
    house: House, look: Callable[..., tuple[int, str]], tmp_path: Path, capsys: Any,
    asked: str, status: int, body: Any, check: str,
) -> None:  # fmt: skip
    house.lies[asked] = (status, body)
    assert look() == (1, "failed")
    said = capsys.readouterr().out
    assert re.search(rf"^✗ {re.escape(check)}", said, re.MULTILINE), said
    new, former = ({"api": f"api/{letter * 64}.zip"} for letter in "ab")
    assert _chosen(tmp_path, new, former) == (0, former)


def test_a_house_that_is_not_there_fails(
    house: House, look: Callable[..., tuple[int, str]], unused_tcp_port: int
) -> None:
    house.urls["api"] = f"http://127.0.0.1:{unused_tcp_port}"
    assert look() == (1, "failed")
    del house.urls["api"]
    assert look() == (1, "failed")


@pytest.fixture
def unused_tcp_port() -> int:
    """Return a port nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_steps_after_a_deployment_need_nothing_but_python() -> None:
    for name in ("smoke", "release"):
        command = [sys.executable, "-I", "-S", f"tools/{name}.py", "--help"]
        assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


# --- which release stays


def _chosen(folder: Path, new: Mapping[str, str], former: Mapping[str, str] | None) -> tuple[int, dict[str, str]]:
    """Return exit code and map that `tools/release.py` chooses by the result in the folder."""
    (folder / "new.json").write_text(json.dumps({"bundles": new}))
    if former is not None:
        (folder / "former.json").write_text(json.dumps({"bundles": former}))
    out = folder / "stays.json"
    code = release.main([f"--{name}={folder / file}" for name, file in _FILES.items()])
    return code, json.loads(out.read_text())["bundles"] if out.exists() else {}


_FILES = {"new": "new.json", "former": "former.json", "result": "result", "out": "stays.json"}


def test_a_good_release_stays_and_a_bad_one_goes_back_function_by_function(tmp_path: Path) -> None:
    new, former = {"api": "api/n.zip", "born": "born/n.zip"}, {"api": "api/f.zip", "gone": "gone/f.zip"}
    (tmp_path / "result").write_text("passed\n")
    assert _chosen(tmp_path, new, former) == (0, new)
    (tmp_path / "result").write_text("failed\n")
    assert _chosen(tmp_path, new, former) == (0, {"api": "api/f.zip", "born": "born/n.zip"})
    (tmp_path / "result").unlink()  # the smoke test did not even end
    assert _chosen(tmp_path, new, former) == (0, {"api": "api/f.zip", "born": "born/n.zip"})


def test_without_a_former_release_nothing_is_pretended(tmp_path: Path) -> None:
    (tmp_path / "result").write_text("failed\n")
    assert _chosen(tmp_path, {"api": "api/n.zip"}, None) == (2, {})
