"""The client of `code-runner` believes nothing: it waits as told, gives up, and takes no answer that cannot be one."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.backends.remote.sandbox import RemoteSandbox
from shared.core.errors import RateLimited, SandboxUnavailable, Unavailable
from shared.ports.sandbox import SandboxLimits, SandboxRequest
from tests.support.servers.http_loopback import Handler, HttpServer

pytestmark = pytest.mark.xdist_group("code-runner")
GOOD: dict[str, Any] = {
    "exit_code": 0,
    "killed_by": "",
    "stdout": "",
    "stderr": "",
    "files": {},
    "duration_s": 0.1,
    "driver": "bubblewrap",
}


@contextmanager
def answering(*answers: tuple[int, bytes, dict[str, str]]) -> Iterator[tuple[RemoteSandbox, list[float], list[bytes]]]:
    """Serve these answers in turn, the last for ever; yield a client, its waits, and the bodies that came."""
    left, came, waits = list(answers), list[bytes](), list[float]()

    class Answers(Handler):
        def do_POST(self) -> None:
            came.append(self.body())
            status, body, headers = left.pop(0) if len(left) > 1 else left[0]
            self.reply(status, body, headers)

    with HttpServer(Answers) as server:
        yield RemoteSandbox(server.url, lambda: "Bearer x", sleep=waits.append), waits, came


REQUEST = SandboxRequest({}, ("true",), "gemini", ("out/", "one.txt"), limits=SandboxLimits(result_files=2))


def test_it_comes_again_after_the_wait_it_is_told_and_gives_up_in_the_end() -> None:
    good = (200, json.dumps(GOOD).encode(), dict[str, str]())
    with answering((429, b"", {}), (503, b"", {"Retry-After": "3"}), (429, b"", {}), good) as (sandbox, waits, came):
        assert sandbox.run(REQUEST).exit_code == 0
        assert waits == [0.2, 3.0, 5.0]
        assert len(came) == 4
    with answering((429, b"", {})) as (sandbox, waits, _):
        with pytest.raises(
            RateLimited, match="no free place"
        ) as refused:  # which waits as a command, and is no failure
            sandbox.run(REQUEST)
        assert refused.value.retry_after == timedelta(seconds=30)
        assert 20 <= sum(waits) < 30
        waits.clear()
        with pytest.raises(SandboxUnavailable, match="no free place"):
            sandbox.check()
        assert 5 <= sum(waits) < 10
    with answering((503, b"", {}), good) as (sandbox, waits, came):  # it may have begun
        with pytest.raises(Unavailable, match="503"):
            sandbox.run(REQUEST)
        assert (waits, len(came)) == ([], 1)


def test_a_service_that_is_not_there_is_waited_for_and_then_told_with_the_way_out() -> None:
    waits: list[float] = []
    sandbox = RemoteSandbox("http://127.0.0.1:9", lambda: "", sleep=waits.append)
    with pytest.raises(SandboxUnavailable, match="WORKWRIGHT_CODE_RUNNER_URL"):
        sandbox.check()
    assert 5 <= sum(waits) < 10  # who only asks is told soon
    with pytest.raises(Unavailable, match="nothing answered"):
        sandbox.run(REQUEST)
    assert sum(waits) >= 125
    moved = (302, b"", {"Location": "http://127.0.0.1:9"})
    with answering(moved) as (sandbox, _, _), pytest.raises(SandboxUnavailable, match="WORKWRIGHT_CODE_RUNNER_URL"):
        sandbox.run(REQUEST)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"exit_code": "0"}, "exit_code"),
        ({"exit_code": 256}, "exit_code"),
        ({"exit_code": True}, "exit_code"),
        ({"duration_s": float("nan")}, "duration_s"),
        ({"duration_s": 1e300}, "it says that it took"),
        ({"killed_by": "me"}, "killed_by"),
        ({"stderr": "\ud800"}, "stderr: not a text"),
        ({"stdout": None}, "stdout"),
        ({"stderr": "x" * 100_000}, "stderr"),
        ({"files": {"other.txt": ""}}, "not asked for"),
        ({"files": {"out/../../x": ""}}, "not have a plain name"),
        ({"files": {"out/a\x1b[2J": ""}}, "not have a plain name"),
        ({"files": {"out/a": "", "out/b": "", "one.txt": ""}}, "more files"),
        ({"files": {"one.txt": "AAAA" * 1_500_000}}, "more files or bytes"),
        ({"files": {"one.txt": "?"}}, "base64"),
        ({"files": []}, "files"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_cannot_be_one_to_this_request_is_not_taken(change: dict[str, Any], said: str) -> None:
    with (
        answering((200, json.dumps({**GOOD, **change}).encode(), {})) as (sandbox, _, _),
        pytest.raises(Unavailable, match=said),
    ):
        sandbox.run(REQUEST)


def test_what_an_installer_says_is_taken_however_little_the_command_may_say() -> None:
    told = {**GOOD, "exit_code": 1, "killed_by": "install", "stderr": "x" * 70_000}
    limits = SandboxLimits(output_bytes=1000)
    with answering((200, json.dumps(told).encode(), {})) as (sandbox, _, _):
        assert sandbox.run(replace(REQUEST, packages="npm", limits=limits)).stderr == "x" * 70_000
        with pytest.raises(Unavailable, match="install"):
            sandbox.run(replace(REQUEST, limits=limits))


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for() -> None:
    gone = threading.Event()

    class Drops(Handler):
        def do_POST(self) -> None:
            self.body()
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            try:
                for _ in range(100):
                    self.wfile.write(b" ")
                    time.sleep(0.05)
            except OSError:
                gone.set()

    with HttpServer(Drops) as server:
        sandbox = RemoteSandbox(server.url, lambda: "", grace_s=0.1)
        with pytest.raises(Unavailable, match="takes too long"):
            sandbox.run(replace(REQUEST, limits=SandboxLimits(wall_s=0.05)))
        assert gone.wait(2)


def test_an_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 40_000_000)
    with (
        answering((200, bomb, {"Content-Encoding": "gzip"})) as (sandbox, _, _),
        pytest.raises(Unavailable, match="cannot be read"),
    ):
        sandbox.run(REQUEST)


def test_an_answer_without_end_is_cut_off() -> None:
    with answering((200, b" " * 32_100_000, {})) as (sandbox, _, _), pytest.raises(Unavailable, match="too large"):
        sandbox.run(REQUEST)
    with answering((200, b"[" * 100_000, {})) as (sandbox, _, _), pytest.raises(Unavailable, match="cannot be read"):
        sandbox.run(REQUEST)
