"""However an idea ends, `demo` tells it as a story, with an exit code that says which end it was."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.local.story.story_end import EXIT_CODES
from tests.support.programs.commands import GROUP, type_command

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

ROOT = Path(__file__).resolve().parents[3]
NOTES = "# Nothing yet\n"
SITE = "# Choir\n\nA page about our choir.\n\n## When\n\n- Tuesdays at eight\n"


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")} | dict(env)


def _demo(folder: Path, idea: str | bytes, *words: str, said: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    path = folder / "idea.md"
    path.write_bytes(idea.encode() if isinstance(idea, str) else idea)
    given = _clean({"TMPDIR": str(folder), **env})
    done = type_command("demo", "--idea", str(path), *words, env=given, said=said, timeout=110)
    assert "Traceback" not in done.stdout + done.stderr
    assert list(folder.glob("workwright-demo-*")) == []
    return done


class _Refuses(BaseHTTPRequestHandler):
    """A model's server that takes no request as it is."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        raw = json.dumps({"error": {"message": "no such thing here", "type": "invalid_request_error"}}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """Yield the address of a model's server that refuses everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refuses)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("idea", "words", "said", "outcome"),
    [
        pytest.param(NOTES, (), "", "question", id="a question"),
        pytest.param(SITE, ("--limit", "1"), "", "timed out", id="no end in time"),
        pytest.param(SITE, ("--interactive",), "n\n", "stopped", id="a no"),
    ],
)
def test_a_story_without_a_site_is_told_with_its_own_exit_code(
    tmp_path: Path, idea: str, words: tuple[str, ...], said: str, outcome: str
) -> None:
    done = _demo(tmp_path, idea, "--json", *words, said=said)
    story = json.loads(done.stdout[done.stdout.index("{") :])  # a question stands before it
    assert (story["outcome"], story["ok"], done.returncode) == (outcome, True, EXIT_CODES[outcome])


def test_who_is_asked_reads_at_each_gate_what_is_decided_there(tmp_path: Path) -> None:
    done = _demo(tmp_path, SITE, "--interactive", said="y\ny\nn\n")
    asked = [
        done.stdout.find(words) for words in ("Approve the plan for", "Approve what leaves for", "goes live? [Y/n]")
    ]
    assert -1 < asked[0] < asked[1] < asked[2], done.stdout
    assert done.stdout.count("[Y/n]") == 3


def test_a_run_that_fails_says_why_and_ends_with_its_own_code(tmp_path: Path, refusing: str) -> None:
    model = {"WORKWRIGHT_COMPATIBLE_URL": refusing, "WORKWRIGHT_COMPATIBLE_MODEL": "tiny"}
    done = _demo(tmp_path, SITE, WORKWRIGHT_MODEL="compatible", **model)
    assert done.returncode == EXIT_CODES["failed"], done.stdout + done.stderr
    assert "It ended without a result" in done.stdout
    assert "no such thing here" in done.stdout


@pytest.mark.parametrize(
    "idea", [b"\x00\x01", "# Ä".encode("utf-16"), b"x" * 2_000_001], ids=["binary", "utf-16", "huge"]
)
def test_a_file_that_is_no_text_is_one_clear_sentence(tmp_path: Path, idea: bytes) -> None:
    done = _demo(tmp_path, idea)
    assert (done.returncode, done.stdout) == (2, "")
    assert "idea.md" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_is_no_idea_and_a_file_that_is_not_there_none_either(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.md"):
        done = type_command("demo", "--idea", str(path), env=_clean({}))
        assert (done.returncode, done.stdout) == (2, "")
        assert "cannot be read" in done.stderr


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("keep", [False, True])
def test_a_signal_breaks_it_off_and_says_what_is_left(tmp_path: Path, told: signal.Signals, keep: bool) -> None:
    command = [sys.executable, "-m", "shared", "demo", *(["--keep"] if keep else [])]
    env = _clean({"TMPDIR": str(tmp_path)})
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # a run of the tests in the background of a shell ignores Ctrl-C, and would hand that down
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert "Notion connected" in process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(told)
        rest = process.stdout.read()
        assert process.wait(30) == 130
    assert "Traceback" not in rest
    left = list(tmp_path.glob("workwright-demo-*"))
    assert len(left) == keep
    assert f"Interrupted. {f'What there is of it is in {left[0]}.' if keep else 'Nothing of it is kept.'}" in rest


@pytest.mark.parametrize(("told", "unbuffered"), [(signal.SIGINT, ""), (signal.SIGTERM, "1")])
def test_a_kept_demo_that_is_stopped_while_its_end_is_told_tells_it_whole(
    tmp_path: Path, told: signal.Signals, unbuffered: str
) -> None:
    """The pipe holds less than the story, so the signal comes exactly while it is written.

    Unbuffered is a case of its own: there a write that a signal interrupts counts as done.
    """
    idea = tmp_path / "idea.md"
    idea.write_text(SITE, encoding="utf-8")
    command = [sys.executable, "-m", "shared", "demo", "--idea", str(idea), "--keep", "--json"]
    reads, writes = os.pipe()
    holds = fcntl.fcntl(reads, fcntl.F_SETPIPE_SZ, 4096)
    with (
        open(reads, "rb") as said,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=_clean({"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": unbuffered}),
            stdout=writes,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process,
    ):
        os.close(writes)
        ends = time.monotonic() + 100
        while _waiting_bytes(reads) < holds and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(told)
        time.sleep(0.2)  # until it has come: nothing is read that would make room before
        text = said.read().decode()
        assert process.wait(30) == 0
    assert len(text) > holds
    assert json.loads(text)["ok"] is True
    (folder,) = tmp_path.glob("workwright-demo-*")
    assert (folder / "workwright.db").exists()


def _waiting_bytes(pipe: int) -> int:
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_every_exit_code_is_told_by_help() -> None:
    said = type_command("demo", "--help", env=_clean({}))
    listed = said.stdout.partition("Exit codes:")[2].split("Options:")[0]
    told = {int(line.split()[0]) for line in listed.splitlines() if line.split()[:1] and line.split()[0].isdigit()}
    assert told == {0, 1, 2, 130, *EXIT_CODES.values()}
