"""Readings: what readers who knew nothing but the request answered our prompts, kept as fixtures, one file each.

A reading knows the prompt it was of by a hash of its system text, so that it can be told which are out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from shared.app.prompts import code_prompts, prompt
from shared.core.planning.artifacts import Artifact
from shared.mind.agents.ask_agent import agent_request, checked_input
from shared.mind.agents.registry import agents
from shared.mind.prompts import prompt as of_mind
from shared.steps._code_prompt import code_request
from shared.steps.code._code_answers import Outline

TESTS = Path(__file__).resolve().parents[2]
FOLDER = TESTS / "fixtures" / "readings"
_CASES = TESTS / "unit" / "agents" / "cases"
APP = ("ask", "chat", "plan", "preferences", "rewrite", "routine")
CODE = ("outline", "write", "repair")
_SHAPE = "\n\nAnswer with one JSON object and nothing else. It follows this JSON schema:"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it is now: what a model's system text is, and which version its file says."""

    version: str
    text: str

    @property
    def hash(self) -> str:
        """Return the name of this very text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer to one request. `asked` and `answered` are tokens of the whole, characters by four.

    `refused` is what an answer that was not accepted was told; `since` says why an answer that was accepted is refused
    by today's checks, and `refusal` a few words of what it is then told.
    """

    name: str
    date: str
    story: str
    task: str
    version: str
    hash: str
    asked: int
    answered: int
    messages: tuple[Mapping[str, str], ...] = field(repr=False)
    answer: str = field(repr=False)
    found: str = ""
    accepted: bool = True
    refused: str = ""
    since: str = ""
    refusal: str = ""

    @property
    def prompt(self) -> str:
        """Return what the reader was told beside the system text."""
        return "\n\n".join(each["content"] for each in self.messages if each["role"] == "user")


@cache
def readings() -> tuple[Reading, ...]:
    """Return all that are kept, by name."""
    return tuple(map(read, sorted(FOLDER.glob("*.json"))))


def read(path: Path) -> Reading:
    """Return the reading of a file; raises TypeError for a field that none has."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Reading(name=path.stem, **{**kept, "messages": tuple(kept["messages"])})


@cache
def prompts() -> Mapping[str, tuple[Prompt, ...]]:
    """Return the prompts of the product as they are now, by the task that a model is asked under.

    Of a task that writes code there is one for each kind of work.
    """
    found: dict[str, tuple[Prompt, ...]] = {name: (Prompt(*prompt(name)),) for name in APP}
    found["summary"] = (Prompt(*of_mind("summary")),)
    for name in CODE:
        task, version = f"code.{name}", prompt(f"code_{name}")[0]
        found[task] = tuple(Prompt(version, _code_system(task, kind)) for kind in get_args(Artifact))
    for each in agents().values():
        case = json.loads((_CASES / f"{each.id}.json").read_text(encoding="utf-8"))[0]
        system = agent_request(each, checked_input(each, case["given"])).system
        found[each.task] = (Prompt(str(each.version), system),)
    return found


def _code_system(task: str, kind: str) -> str:
    return code_request(task, code_prompts(), Outline, {"artifact": kind}, "").system


def without_shape(system: str) -> str:
    """Return a system text as our prompt is; what follows is the shape of the answer, which the adapter adds."""
    return system.partition(_SHAPE)[0]


def task_of(system: str) -> tuple[str, Prompt]:
    """Return the task of the prompt that this system text is, and the prompt; raises LookupError for none."""
    text = without_shape(system)
    for task, several in prompts().items():
        for one in several:
            if one.text == text:
                return task, one
    raise LookupError(f"no prompt of today begins with {text[:120]!r}: a reading is kept before its prompt is changed")


def why_stale(reading: Reading) -> str:
    """Return what has changed since the prompt was read; "" where it is still the same."""
    now = prompts().get(reading.task, ())
    if not now:
        return "the prompt is gone"
    if reading.hash in [each.hash for each in now]:
        return ""
    changed = f"version {reading.version} was read, now {now[0].version}"
    return changed if now[0].version != reading.version else "new words"


def stale() -> dict[str, str]:
    """Return why each reading that is out of date is."""
    return {each.name: why for each in readings() if (why := why_stale(each))}


def say_which_are_stale(terminal: pytest.TerminalReporter) -> None:
    """Say in two lines which readings are out of date: that is no fault, and a reason to read once more."""
    if found := stale():
        by_task = sorted({each.task for each in readings() if each.name in found})
        terminal.write_line(f"{len(found)} of {len(readings())} readings are of a prompt that has changed since:")
        terminal.write_line(f"  {', '.join(by_task)} (python tools/readings.py stale)")
