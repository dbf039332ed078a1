"""An evaluation as people run it: killed in the middle it goes on, pays nothing twice, and never passes its limit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.bench.scripted_model import Json, ScriptedServer
from tests.support.parts import require

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("eval")]

ROOT = Path(__file__).resolve().parents[3]
PAGE = """kind = "ask"
ends = ["question"]
why = "Nobody can know what is wanted."
[[checks]]
name = "It asks"
look = "said"
shows = [["what is it for"]]
"""


class Asking(ScriptedServer):
    """Asks what every page is for; `holds` names a page whose question is never answered."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.holds = ""
        self.held, self.let_go = threading.Event(), threading.Event()

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what makes it the model of a house, at a dollar for a million tokens."""
        more = {"WORKWRIGHT_COMPATIBLE_WINDOW": "131072", "WORKWRIGHT_COMPATIBLE_PRICE": "1/1"}
        return {**super().environment, **more}

    def answer(self, form: Json, prompt: str) -> Any:
        """Return one question; a page is known by its title."""
        title = re.search(r"Title: (\w+)", prompt)
        name = title[1] if title else ""
        self.asked[name] += 1
        if name == self.holds:
            self.held.set()
            self.let_go.wait(60)
        said = super().answer(form, prompt)
        return {**said, "questions": ["What is it for?"]} if "questions" in said else said


@pytest.fixture
def model() -> Iterator[Asking]:
    made = Asking()
    yield made
    made.let_go.set()
    made.stop()


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "set.toml").write_text('name = "two"\nversion = 1\n', encoding="utf-8")
    for name in ("Alpha", "Beta"):
        (folder / f"{name.lower()}.toml").write_text(PAGE, encoding="utf-8")
        (folder / f"{name.lower()}.md").write_text(f"# {name}\n\nSomething modern.\n", encoding="utf-8")
    return folder


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[subprocess.Popen[str]] = []

    def run(*words: str, **env: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
        command = [sys.executable, "-m", "shared", "eval", "--json", "--keep", str(tmp_path / "kept"), *words]
        command += ["--data", str(tmp_path / "none")]
        begun.append(
            subprocess.Popen(
                command, cwd=ROOT, env={**clean, **env}, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )  # fmt: skip
        return begun[-1]

    yield run
    for each in begun:
        if each.poll() is None:
            each.kill()
        each.communicate()


def _ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, err = process.communicate(timeout=240)
    assert "Traceback" not in err, err[-3000:]
    assert out, err[-3000:]
    return process.returncode, json.loads(out)


def _gone(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_no_call_is_made_beyond_the_limit_and_a_killed_evaluation_goes_on(
    tmp_path: Path, pages: Path, model: Asking, start: Start
) -> None:
    common = ("--set", str(pages), "--model", "compatible")
    code, found = _ended(start(*common, "--limit-usd", "0.05", **model.environment))
    assert (code, found["complete"], found["missing"], found["stopped_before"]) == (
        1,
        False,
        ["alpha", "beta"],
        "alpha",
    )
    assert (found["spent_usd"], model.counted) == (0.0, [])

    model.holds = "Beta"
    killed = start(*common, "--limit-usd", "9", "--resume", **model.environment)
    assert model.held.wait(120)
    (order,) = (tmp_path / "kept" / "pages" / "beta").glob("order.json")
    worker = int(json.loads((tmp_path / "kept" / "pages" / "beta" / "house" / "house.json").read_text())["pid"])
    assert json.loads(order.read_text())["parent"] == killed.pid
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    ends = time.monotonic() + 10
    while not _gone(worker) and time.monotonic() < ends:
        time.sleep(0.05)
    assert _gone(worker)  # who would go on to spend money is not left behind
    assert json.loads((tmp_path / "kept" / "pages" / "alpha" / "result.json").read_text())["ok"] is True
    model.holds = ""
    model.let_go.set()

    refused = start(*common, "--limit-usd", "9", **model.environment)
    assert "go on with --resume" in refused.communicate(timeout=60)[1]
    before = model.asked["Beta"]
    code, found = _ended(start(*common, "--limit-usd", "9", "--resume", **model.environment))
    assert (code, found["complete"], found["all"]["ok"], found["all"]["pages"]) == (0, True, 2, 2)
    assert model.asked["Alpha"] == 1  # paid once, and done
    assert model.asked["Beta"] == before + 1
    alpha, beta = found["pages"]
    assert [alpha["end"], beta["end"]] == ["question", "question"]
    assert 0 < alpha["micros"] < beta["micros"]  # nobody came back from the call that was cut off: it counts in full
    assert found["spent_usd"] == pytest.approx((alpha["micros"] + beta["micros"]) / 1e6)
    assert found["spent_usd"] < 9
    assert list((tmp_path / "kept" / "pages").glob("*/house")) == []  # with the model's key
    assert json.loads((tmp_path / "kept" / "results.json").read_text()) == found


def test_rules_make_a_site_of_a_builtin_page_and_all_that_came_of_it_is_kept(tmp_path: Path, start: Start) -> None:
    require("sandbox")
    common = ("--model", "offline", "--browser", "off", "--only", "food-truck")
    code, found = _ended(start(*common, WORKWRIGHT_BROWSER="off"))
    assert code == 0
    (page,) = found["pages"]
    assert [each["name"] for each in page["checks"] if each["ok"] is False] == []
    assert [each["name"] for each in page["checks"] if each["ok"] is None] == ["It can be read at the kerb"]
    assert (page["end"], found["all"]["ok"], found["all"]["usd"], found["all"]["low"] < 1.0) == ("live", 1, 0.0, True)
    kept = tmp_path / "kept" / "pages" / "food-truck"
    assert "dumpling" in (kept / "site" / "index.html").read_text(encoding="utf-8").lower()
    assert (kept / "files" / "site" / "index.html").is_file()
    assert json.loads((kept / "plan.json").read_text(encoding="utf-8"))["requirements"]
    assert json.loads((kept / "run.json").read_text(encoding="utf-8"))["status"] == "succeeded"
