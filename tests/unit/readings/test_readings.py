"""What readers who knew nothing but the request have answered is taken by today's checks, or refused for a reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest

from shared.app import prompts as app_prompts
from shared.core.planning.artifacts import Artifact
from shared.mind import prompts as mind_prompts
from shared.mind.agents.registry import agents
from shared.mind.safety.leaks import leaks
from tests.support.builders.proposals import a_proposal
from tests.support.measures.readings import CODE, FOLDER, Reading, prompts, readings, stale, task_of
from tests.support.measures.readings_replayed import fields_of, refusal_of

EACH = [pytest.param(each, id=each.name) for each in readings()]
TAKEN = [pytest.param(each, id=each.name) for each in readings() if each.accepted and not each.since]
UNREAD: dict[str, str] = {}  # prompts that nobody has read yet, and why
_OTHERS_ID = re.compile(r"(?!00000000-0000-4000-8000-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACES = re.compile(r"(?<![\w.])/(?:work|home|root|Users|tmp/[a-z]+-[a-z]+)/|127\.0\.0\.1:[3-6]\d{4}")


@pytest.mark.parametrize("reading", TAKEN)
def test_an_answer_that_was_taken_is_taken_today(reading: Reading) -> None:
    assert refusal_of(reading) == ""


def test_an_answer_that_is_refused_is_told_why() -> None:
    """Those that were refused when they were read, and those that a change of ours refuses `since`, with its reason."""
    for each in readings():
        if not each.accepted or each.since:
            assert (told := each.refusal or each.refused), each.name
            assert told in refusal_of(each), each.name
            assert each.accepted or not each.since, each.name


@pytest.mark.parametrize(("page", "told"), [("page:1", ""), ("page:9", "'page:9' is not the 32 digits of an id")])
def test_names_that_a_request_has_shown_are_read_back(page: str, told: str) -> None:
    given = {"page": page, "text": "Hello"}
    step = {"id": "tell", "kind": "notion.comment", "title": "Tell", "why": "", "input": given, "depends_on": []}
    answer = json.dumps(a_proposal([step]))
    shown = '<data-000000000000 part="page" source="page:1">\nTitle: A\n\n[block:1] paragraph: B\n</data-000000000000>'
    messages = ({"role": "user", "content": shown},)
    reading = Reading("new", "2026-11-23", "", "plan", "12", "", 1, 1, messages, answer)
    assert told in refusal_of(reading)
    assert bool(told) == bool(refusal_of(reading))


@pytest.mark.parametrize("reading", EACH)
def test_an_answer_without_a_field_is_refused_by_its_name(reading: Reading) -> None:
    answer = json.loads(reading.answer)
    wanted = sorted(fields_of(reading))
    assert wanted
    for name in wanted:
        assert name in refusal_of(reading, {key: value for key, value in answer.items() if key != name})


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("api-01-plan", ("steps", 0, "kind"), "code.invent", "steps[0].kind"),
        ("overdue-tasks-01-plan", ("steps", 0, "input", "rows"), 3, "steps[0].input"),
        ("decision-01-plan", ("steps", 0, "depends_on"), ["nobody"], "nobody"),
        ("site-03-code-outline", ("checks",), [], "checks"),
        ("api-02-code-outline", ("tests",), [], "R1"),
        ("site-04-code-write", ("files", 0, "path"), "site/other.html", "site/other.html"),
        ("api-05-code-repair", ("edits", 0, "find"), "no such line", "find"),
        ("one-question-06-agent-advisor", ("choice",), "a telegram", "choice"),
        ("one-question-02-chat", ("about",), "run-none", "about"),
        ("one-question-04-ask", ("sources",), ["P99"], "sources"),
    ],
)
def test_more_than_the_shape_is_checked(name: str, path: tuple[str | int, ...], value: Any, told: str) -> None:
    reading = next(each for each in readings() if each.name == name)
    answer = json.loads(reading.answer)
    place = answer
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert told in refusal_of(reading, answer)


def test_every_prompt_has_been_read_or_says_why_not() -> None:
    parts = {path.stem for package in (app_prompts, mind_prompts) for path in Path(package.__path__[0]).glob("*.md")}
    told = parts - {"code", "code_tests"}  # those are in all that is asked of who writes code
    tasks = {f"code.{name}" if (name := each.removeprefix("code_")) in CODE else each for each in told}
    tasks |= {each.task for each in agents().values()}
    read = {each.task for each in readings()}
    outlines = [each.prompt for each in readings() if each.task == "code.outline"]
    read |= {f"code_{kind}" for kind in get_args(Artifact) if any(f"of the kind {kind}" in text for text in outlines)}
    assert tasks - read == set(UNREAD)
    assert read <= tasks


def test_a_reading_names_the_prompt_that_it_shows() -> None:
    """Where a prompt is as it was, its text finds its task; where it has changed since, the reading is out of date."""
    fresh = [each for each in readings() if each.name not in stale()]
    for each in fresh:
        assert task_of(each.messages[0]["content"])[0] == each.task
    for each in readings():
        same = each.messages[0]["content"] in [one.text for one in prompts()[each.task]]
        assert same is (each.name not in stale())


def test_nothing_of_a_machine_or_a_workspace_is_kept() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert {name for name, text in texts.items() if _OTHERS_ID.search(text) or _PLACES.search(text)} == set()
    assert leaks({name: text.encode() for name, text in texts.items()}) == []
    assert sum(map(len, texts.values())) < 1_000_000


def test_each_page_was_read_to_its_end() -> None:
    """Six pages: the same as in the table of docs/why/performance.md."""
    calls = Counter(each.story for each in readings() if each.story)
    table = (FOLDER.parents[2] / "docs" / "why" / "performance.md").read_text(encoding="utf-8")
    for story, count in calls.items():
        row = next(line for line in table.splitlines() if line.startswith(f"| {story} |"))
        tokens = sum(each.asked for each in readings() if each.story == story)
        assert row.split("|")[3].strip() == f"{count} calls, {tokens:,} tokens"
    assert len(calls) == 6
