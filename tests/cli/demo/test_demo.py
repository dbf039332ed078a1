"""`demo` as programs read it, with the strongest sandbox and with the other; and that no secret of the house leaks."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.backends.clock import SystemClock
from shared.backends.local.keys.identity import LocalCallers
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.backends.sandbox.choose import choose_sandbox
from shared.settings import FUNCTIONS, SYSTEMS
from tests.support.descriptions.notion_description import of_exchange
from tests.support.parts import require
from tests.support.programs.commands import GROUP, type_command

pytestmark = pytest.mark.xdist_group(GROUP)

ROOT = Path(__file__).resolve().parents[3]
KEYS = [
    "run", "page", "requirements", "plan", "approval", "approvals", "sandbox", "pull_request", "deployment",
    "notifications", "cost", "duration_s", "by_tests_alone", "outcome", "checks",
]  # fmt: skip


ELSEWHERE = {  # what would lead a demo astray that read it
    "WORKWRIGHT_MODE": "cloud",
    "WORKWRIGHT_DATA": "/nowhere/data",
    **{f"WORKWRIGHT_{system.upper()}_URL": "http://127.0.0.1:9" for system in (*SYSTEMS, "sites", "public", "smtp")},
    "WORKWRIGHT_SITES_BUCKET": "a-real-bucket",
}


def clean(**env: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    return kept | env


@dataclass
class Demo:
    """A demo that was told to the end, and all it left behind."""

    folder: Path
    story: dict[str, Any]
    said: str
    trace: Path
    secrets: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run `demo --json --keep` once, stop it when the story is told, and learn every secret of its house."""
    require("sandbox")
    place = tmp_path_factory.mktemp("demo")
    env = clean(TMPDIR=str(place), WORKWRIGHT_TRACE=str(place / "trace.jsonl"), **ELSEWHERE)
    out, err = place / "out", place / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        command = [sys.executable, "-m", "shared", "demo", "--json", "--keep"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=stdout, stderr=stderr)
        ends = time.monotonic() + 110
        while not out.read_bytes().endswith(b"}\n") and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    assert code == 0, err.read_text(encoding="utf-8")[-3000:]
    (folder,) = place.glob("workwright-demo-*")
    text = out.read_text(encoding="utf-8")
    yield Demo(folder, json.loads(text), text + err.read_text(encoding="utf-8"), place / "trace.jsonl", learned(folder))
    shutil.rmtree(place, ignore_errors=True)


def learned(folder: Path) -> dict[str, str]:
    """Return every secret of a house that its key opens, by a name for the report."""
    found: dict[str, str] = {"installation key": (folder / "key").read_text(encoding="ascii").strip()}
    secrets, callers = LocalSecrets(folder), LocalCallers(folder)
    for name in json.loads((folder / "secrets.json").read_text(encoding="utf-8")):
        found[f"secret {name}"] = secrets.get(name).reveal()
    with LocalStore(folder, SystemClock()) as store:
        for tenant in store.tenants():
            for grant in store.list_docs(tenant, "grants"):
                for part in ("access", "refresh"):
                    if part in grant.body:
                        token = secrets.open(tenant, f"{grant.id}.{part}", grant.body[part]).reveal()
                        found[f"{grant.id} {part} token"] = token
        url = json.loads((folder / "house.json").read_text(encoding="utf-8"))["url"]
        for name in FUNCTIONS:
            found[f"caller's token for {name}"] = callers.authorization(f"{url}/{name}").removeprefix("Bearer ")
    return {name: value for name, value in found.items() if "client-id" not in name and value != "local"}


def shapes(secret: str) -> list[bytes]:
    """Return how a secret may be written: as it is, and in base64 at any place in a longer text."""
    raw = secret.encode()
    return [raw, *(base64.b64encode(b"x" * pad + raw)[4:-4] for pad in range(3))]


def leaks(demo: Demo, text: bytes) -> list[str]:
    return [name for name, secret in demo.secrets.items() if any(shape in text for shape in shapes(secret))]


def test_the_story_has_everything_programs_need(demo: Demo) -> None:
    story = demo.story
    assert [key for key in story if key != "ok"] == KEYS
    assert story["ok"] is True
    for check in story["checks"]:
        assert set(check) == {"name", "ok", "detail"}
        assert (check["ok"], type(check["name"]), type(check["detail"])) == (True, str, str)
    assert len({check["name"] for check in story["checks"]}) == len(story["checks"]) >= 7
    assert story["run"]["status"] == "succeeded"
    assert [r["id"] for r in story["requirements"]] == [f"R{n + 1}" for n in range(len(story["requirements"]))]
    assert {step["status"] for step in story["plan"]["steps"]} == {"succeeded"}
    assert story["plan"]["model"] == "offline"
    assert story["sandbox"]["driver"] == choose_sandbox().name
    assert story["pull_request"]["branch"].startswith("workwright/")
    assert story["deployment"]["url"].startswith("http")
    assert (story["cost"], story["duration_s"] > 0) == ({"usd": 0.0, "tokens": 0}, True)


def test_the_readme_shows_what_the_demo_says(demo: Demo) -> None:
    shown = [line.strip() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()]
    said = [found[1] for line in shown if (found := re.match(r"[0-9.]+ s  [✓…] (.+)", line))]
    titles = [step["title"] for step in demo.story["plan"]["steps"]]
    assert len(said) == 8
    assert [line for line in said if not any(it.startswith(line.partition(" — waiting")[0]) for it in titles)] == []
    (ends,) = (line for line in shown if line.startswith("✓ "))
    assert {each.strip() for each in ends.split("✓ ") if each} <= {check["name"] for check in demo.story["checks"]}


def test_the_trace_has_every_exchange_in_one_line_and_is_its_owners(demo: Demo) -> None:
    assert demo.trace.stat().st_mode & 0o077 == 0
    lines = [json.loads(line) for line in demo.trace.read_text(encoding="utf-8").splitlines()]
    assert {line["system"] for line in lines} >= {"notion", "github", "vercel", "slack"}
    for line in lines:
        assert set(line) >= {"method", "url", "headers", "body", "status", "duration_ms"}
        sent = {name.lower(): value for name, value in line["headers"].items()}
        assert sent.get("authorization", "***") == "***"
        assert "cookie" not in sent


def test_every_request_to_notion_is_one_the_published_description_allows(demo: Demo) -> None:
    require("notion-description")
    lines = [json.loads(line) for line in demo.trace.read_text(encoding="utf-8").splitlines()]
    asked = [line for line in lines if line["system"] == "notion"]
    assert len(asked) > 20
    assert sorted({problem for line in asked for problem in of_exchange(line)}) == []


def test_there_are_secrets_to_look_for_and_the_search_finds_them(demo: Demo) -> None:
    assert len(demo.secrets) >= 16
    assert min(len(value) for value in demo.secrets.values()) >= 16
    token = demo.secrets["github access token"]
    assert leaks(demo, f'{{"token": "{token}"}}'.encode()) == ["github access token"]
    assert leaks(demo, base64.b64encode(f"bearer {token} and more".encode())) == ["github access token"]


def test_no_secret_is_in_the_trace_or_in_anything_said(demo: Demo) -> None:
    assert leaks(demo, demo.trace.read_bytes()) == []
    assert leaks(demo, demo.said.encode()) == []


def test_no_secret_is_in_any_file_of_the_house_but_its_key_files(demo: Demo) -> None:
    looked = 0
    for path in sorted(demo.folder.rglob("*")):
        if not path.is_file() or "simulators" in path.relative_to(demo.folder).parts:
            continue  # the simulated vendors know the tokens that they gave
        found = leaks(demo, path.read_bytes())
        if found:
            assert (path.name, found) == ("key", ["installation key"])
            assert path.stat().st_mode & 0o077 == 0
        looked += 1
    assert looked >= 4


def test_no_secret_is_in_any_row_of_the_database_prompts_and_tasks_included(demo: Demo) -> None:
    connection = sqlite3.connect(f"file:{demo.folder / 'workwright.db'}?mode=ro", uri=True)
    rows = 0
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                rows += 1
                text = b"\x00".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
                assert leaks(demo, text) == [], table
    finally:
        connection.close()
    assert {"runs", "events", "docs", "texts", "tasks"} <= set(tables)
    assert rows > 50


def test_the_key_files_are_their_owners_alone(demo: Demo) -> None:
    for name in ("key", "secrets.json", "workwright.db"):
        assert (demo.folder / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.slow
def test_without_bubblewrap_the_other_sandbox_is_used_and_named(tmp_path: Path) -> None:
    require("landlock")
    found = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
    hiding = [found, "--dev-bind", "/", "/", "--bind", "/dev/null", found, "--"] if found else []
    done = subprocess.run(
        [*hiding, sys.executable, "-m", "shared", "demo", "--json"],
        cwd=ROOT, env=clean(TMPDIR=str(tmp_path)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    story = json.loads(done.stdout)
    assert story["sandbox"]["driver"] == "landlock"
    assert any("landlock" in check["detail"] for check in story["checks"])
    assert list(tmp_path.glob("workwright-demo-*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "# Corner bakery\n\nThe one with the door.\n"], ids=["empty", "thin"])
def test_an_idea_without_content_ends_in_a_question(tmp_path: Path, text: str) -> None:
    idea = tmp_path / "corner-bakery.md"
    idea.write_text(text, encoding="utf-8")
    done = type_command("demo", "--json", "--idea", str(idea), env=clean(), timeout=110)
    assert done.returncode == 3, done.stderr[-3000:]
    story = json.loads(done.stdout)
    assert (story["run"]["status"], story["page"]["status"]) == ("awaiting_input", "Question")
    assert "Corner bakery" in story["plan"]["question"]
    assert [check["name"] for check in story["checks"]] == ["question asked"]
