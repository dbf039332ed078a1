"""Three cases of every agent, by the offline model's rules. What is expected was written by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.backends.offline.agents import RULES
from shared.backends.offline.model import OfflineModel
from shared.core.models.model_errors import Refused
from shared.mind.agents.ask_agent import ask_agent, checked_input
from shared.mind.agents.registry import agent, agents

CASES = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (Path(__file__).parent / "cases").iterdir()
}
EACH = [pytest.param(name, case, id=f"{name}: {case['name']}") for name, cases in CASES.items() for case in cases]


def answered(name: str, case: dict[str, Any]) -> dict[str, Any]:
    chosen = agent(name)
    answer, _ = ask_agent(OfflineModel(), chosen, checked_input(chosen, case["given"]))
    return answer.model_dump(mode="json")


def test_every_agent_has_three_cases_and_rules() -> None:
    assert set(CASES) == set(agents()) == set(RULES)
    assert {name: len(cases) for name, cases in CASES.items() if len(cases) != 3} == {}


@pytest.mark.parametrize(("name", "case"), [each for each in EACH if "refused" not in each.values[1]])  # type: ignore[operator]
def test_the_offline_model_answers_by_rules(name: str, case: dict[str, Any]) -> None:
    found = answered(name, case)
    assert {field: found[field] for field in case["offline"]} == case["offline"]


@pytest.mark.parametrize(("name", "case"), [each for each in EACH if "refused" in each.values[1]])  # type: ignore[operator]
def test_what_rules_cannot_do_is_refused_in_words(name: str, case: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=case["refused"]):
        answered(name, case)


def test_a_summary_keeps_to_its_words() -> None:
    for case in CASES["summariser"]:
        assert len(answered("summariser", case)["summary"].split()) <= case["given"]["words"]


def test_the_colours_of_a_design_can_be_read() -> None:
    """Contrast as WCAG 2.2 defines it: at least 4.5 to 1 for text."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    text, background, *_ = answered("web-designer", CASES["web-designer"][0])["colours"]
    darker, lighter = sorted((luminance(text), luminance(background)))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize(("number", "passes"), [(0, True), (1, False)], ids=["holds", "does not"])
def test_written_tests_run(number: int, passes: bool, tmp_path: Path) -> None:
    case = CASES["test-writer"][number]
    for file in (*case["given"]["files"], *answered("test-writer", case)["files"]):
        path = tmp_path / file["path"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(file["content"], encoding="utf-8")
    command = [sys.executable, "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    (tmp_path / "tests" / "__init__.py").touch()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) is passes, done.stderr
