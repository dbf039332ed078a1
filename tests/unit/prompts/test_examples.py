"""What a prompt shows as an example is taken by the code that an answer like it goes through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.app.chat.conversation import Understood
from shared.app.planning.plan_thinking import validate_plan
from shared.app.planning.planner_facts.plan_families import AGENTS, CODE, NOTION
from shared.app.planning.planner_facts.plan_kinds import kinds_notes
from shared.core.planning.file_plan import path_problem
from shared.integrations.secret_search import PATH_RULES
from shared.mind.agents.ask_agent import checked_input, input_parts
from shared.mind.agents.registry import agent
from shared.steps import KINDS
from tests.support.builders.proposals import a_proposal
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import Unconnected, tools_with
from tests.unit.prompts.sentences import texts

_NOTE = re.compile(r"^- ([a-z_.]+)(?:, \w+)?: (.*)$")
_LEFT_OUT = ("...", "{NAME", "{path", "{id", "{who", "{title")  # what only shows a form


def _notes() -> Iterator[tuple[str, Any]]:
    """Yield the kind and the value of each example in what a planner is told of the fields of steps."""
    decoder = json.JSONDecoder()
    for line in kinds_notes(KINDS.values(), {CODE, NOTION, AGENTS}, 10**6).splitlines():
        found = _NOTE.match(line)
        at, told = 0, found[2] if found else ""
        while found and (opened := re.search(r"[{\[]", told[at:])):
            at += opened.start()
            try:
                value, at = decoder.raw_decode(told, at)
                yield found[1], value
            except ValueError:
                assert any(form in told[at:] for form in (*_LEFT_OUT, "{}", "{kind")), told
                at += 1


NOTES = list(_notes())


def test_notes_of_fields_show_examples() -> None:
    assert {"notion.update_page", "notion.edit_markdown", "notion.query_rows", "agent.ask"} <= {
        kind for kind, _ in NOTES
    }


@pytest.mark.parametrize(("kind", "value"), NOTES, ids=lambda each: json.dumps(each)[:60])
def test_an_example_of_a_field_is_taken_by_a_field_of_its_kind(kind: str, value: Any) -> None:
    taken = []
    for name, field in KINDS[kind].input.model_fields.items():
        try:
            TypeAdapter(field.rebuild_annotation()).validate_python(value)
            taken.append(name)
        except ValidationError:
            continue
    assert taken


@pytest.mark.parametrize(("name", "shown"), [("prompts/plan", "write"), ("prompts/routine", "late")])
def test_the_name_of_a_step_that_is_shown_can_be_one(name: str, shown: str) -> None:
    assert f'like "{shown}"' in texts()[name]
    step = {"id": shown, "kind": "code.generate", "title": "t", "input": {"artifact": "static_site"}, "depends_on": []}
    test = {"id": "t", "kind": "code.test", "title": "t", "input": {}, "depends_on": [shown]}
    _, specs = validate_plan(a_proposal([step, test]), tools_with(accounts=Unconnected()), begin()[0])
    assert any(spec.id.endswith(shown) for spec in specs)


def test_the_name_of_a_test_that_is_shown_can_be_one() -> None:
    shown = re.search(r"like\s+`([^`]+)`", texts()["prompts/code_outline"])
    assert shown
    path, _, name = shown[1].partition("::")
    assert path_problem([path], PATH_RULES) == ""
    assert name.isidentifier()
    assert name.startswith("test_")


def test_the_languages_that_chat_is_shown_are_taken() -> None:
    shown = re.search(r"like (\w+) or (\w+)", " ".join(texts()["prompts/chat"].split()))
    assert shown
    for language in shown.groups():
        assert Understood(intent="help", about="", reply="", language=language).language == language


def test_lines_stand_behind_their_numbers_as_the_reviewer_is_told() -> None:
    shown = re.search(r"`(\d+)\| code`", texts()["agents/security-reviewer"])
    assert shown
    one = agent("security-reviewer")
    content = "\n".join(["x"] * (int(shown[1]) - 1) + ["code"])
    given = checked_input(one, {"files": [{"path": "app.py", "content": content}]})
    assert any(f"{shown[1]}| code" in part.text for part in input_parts(one, given))
