"""A kept answer of a reader before today's checks: those that it would pass, or be sent back by, if it came now."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.app.chat.conversation import Understood
from shared.app.knowledge.ask import _Answered, _Rewritten
from shared.app.planning.learn_preferences import Learnt
from shared.app.planning.plan_checking import validate_plan
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.planner_facts.short_names import ShortNames
from shared.core.approval.wishes import may_hold_for_good
from shared.core.chat.chat_words import NOT_LISTED
from shared.core.code.worktree import Worktree
from shared.core.models.model_errors import InvalidOutput
from shared.core.planning.file_plan import PlannedFile
from shared.core.run.run import NOTHING
from shared.mind.agents.ask_agent import answer_model
from shared.mind.agents.registry import agent
from shared.mind.structured import compact
from shared.mind.window import _NAMED
from shared.mind.window import _Answer as Summed
from shared.steps._kind import StepFailure
from shared.steps._work import Work
from shared.steps.code._code_answers import Outline, Repaired, Written, outline_problem
from shared.steps.code._code_pieces import Pieces
from shared.steps.code._code_repairing import _apply_repair
from shared.steps.code._code_writing import _check_written
from tests.support.builders.runs import begin
from tests.support.measures.prompts import parts_of
from tests.support.measures.readings import Reading
from tests.support.ports.local_ports import Unconnected, tools_with

Json = dict[str, Any]
_NAME = re.compile(r"\b(?:page|block|database):\d+\b")


def refusal_of(reading: Reading, answer: Json | None = None) -> str:
    """Return what the answer of a reading, or another one in its place, would be told today; "" where it is taken."""
    given = json.loads(reading.answer) if answer is None else answer
    kind = "agent" if reading.task.startswith("agent.") else reading.task
    try:
        _CHECKS[kind](reading, given)
    except (InvalidOutput, StepFailure) as error:
        return str(error) or type(error).__name__
    return ""


def fields_of(reading: Reading) -> set[str]:
    """Return the fields that an answer to this reading's task must have."""
    fields = _shape(reading).model_fields
    return {name for name, field in fields.items() if field.is_required()}


def _shape(reading: Reading) -> type[BaseModel]:
    if not reading.task.startswith("agent."):
        return _SHAPES[reading.task]
    one = agent(reading.task.removeprefix("agent."))
    told = {source.partition(": ")[2]: _value(text) for _, source, text in parts_of(reading.prompt)}
    given = {name: told.get(name, [] if name in dict(one.among.values()) else "") for name in one.input.model_fields}
    return answer_model(one, one.input.model_construct(**given))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _shaped(reading: Reading, given: Json) -> Any:
    shape = _shape(reading)
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise InvalidOutput(compact(error, shape)) from error


def _told(reading: Reading, source: str) -> str:
    return next((text for _, name, text in parts_of(reading.prompt) if name == source), "")


def _plan(reading: Reading, given: Json) -> None:
    """Check a plan with all that plan validation checks, but for what Notion would have to be asked for."""
    named = _told(reading, "the team's repository").partition("/")
    settings = {"ship": {"code": {"owner": named[0], "repository": named[2]}}} if named[2] else {}
    tools = tools_with(accounts=Unconnected(), settings=settings)
    run, _ = begin()
    validate_plan(_names_of(reading).expand(_without_done(reading, given)), tools, run)


def _names_of(reading: Reading) -> ShortNames:
    """Return the short names that the request has shown, for ids of our own making: its own are not in it."""
    shown = dict.fromkeys(_NAME.findall("\n".join(f"{source}\n{text}" for _, source, text in parts_of(reading.prompt))))
    return ShortNames({f"0f1e2d3c-0000-4000-8000-{number:012d}": name for number, name in enumerate(shown)})


def _without_done(reading: Reading, given: Json) -> Json:
    """Return the plan of a run that had done some steps before: those are there, and nothing waits for them."""
    done = {str(json.loads(line)["id"]) for line in _told(reading, "steps that are done").splitlines()}
    steps = given.get("steps", [])
    if not done:
        return given
    return {**given, "steps": [{**s, "depends_on": [d for d in s["depends_on"] if d not in done]} for s in steps]}


def _outline(reading: Reading, given: Json) -> None:
    outline: Outline = _shaped(reading, given)
    plan = json.loads(_told(reading, "the approved plan"))
    ids = [each["id"] for each in plan["requirements"]]
    deployed = "plan deploys a site" in reading.prompt
    kind = re.search(r"of the kind (\w+)", reading.prompt)
    artifact = kind[1] if kind else plan["artifact"]
    there = [text for _, source, text in parts_of(reading.prompt) if source == "all files of the repository"]
    paths = [line.partition(" (")[0].strip() for text in there for line in text.splitlines()]
    if wrong := outline_problem(outline, artifact, ids, paths, deployed=deployed):
        raise InvalidOutput(wrong)


def _write(reading: Reading, given: Json) -> None:
    written: Written = _shaped(reading, given)
    wanted = json.loads(_told(reading, "files to write now"))
    files = [PlannedFile(each["path"], each["action"]) for each in wanted]
    _check_written(written, files, Pieces(), {}, NOTHING)


def _repair(reading: Reading, given: Json) -> None:
    repaired: Repaired = _shaped(reading, given)
    shown = {name.removeprefix("file "): text for _, name, text in parts_of(reading.prompt) if name.startswith("file ")}
    files = {path: text.encode() for path, text in shown.items()}
    _apply_repair(Work(Worktree(files), "python_service"), files, repaired, NOTHING)


def _chat(reading: Reading, given: Json) -> None:
    meant: Understood = _shaped(reading, given)
    if meant.about not in ("", NOT_LISTED) and meant.about not in reading.prompt:
        raise InvalidOutput(f"about: {meant.about} is none of those listed")


def _ask(reading: Reading, given: Json) -> None:
    said: _Answered = _shaped(reading, given)
    passages = {source.rpartition("#")[2] for name, source, _ in parts_of(reading.prompt) if name == "knowledge"}
    if unknown := [each for each in said.sources if each.strip("[] ") not in passages]:
        raise InvalidOutput(f"sources: {unknown[0]} is none of the passages")


def _preferences(reading: Reading, given: Json) -> None:
    learnt: Learnt = _shaped(reading, given)
    remarks = {source: text for name, source, text in parts_of(reading.prompt) if name == "feedback"}
    for each in learnt.preferences:
        if not each.sources or (unknown := set(each.sources) - set(remarks)):
            raise InvalidOutput(f"sources: {unknown.pop() if each.sources else 'none'} is none of the remarks")
        if not may_hold_for_good(each.text):
            raise InvalidOutput(f"text: {each.text} is about who approves, or leads out")


def _summary(reading: Reading, given: Json) -> None:
    """Check what code would leave out: an id, an address or a date that nobody has named."""
    summed: Summed = _shaped(reading, given)
    there = set(_NAMED.findall(reading.prompt))
    for name, value in summed:
        for each in [value] if isinstance(value, str) else value:
            if made_up := set(_NAMED.findall(each)) - there:
                raise InvalidOutput(f"{name}: {made_up.pop()} was named by nobody")


def _only_shaped(reading: Reading, given: Json) -> None:
    _shaped(reading, given)


_SHAPES: Mapping[str, type[BaseModel]] = {
    "plan": Proposal,
    "routine": Proposal,
    "code.outline": Outline,
    "code.write": Written,
    "code.repair": Repaired,
    "chat": Understood,
    "ask": _Answered,
    "rewrite": _Rewritten,
    "preferences": Learnt,
    "summary": Summed,
}
_CHECKS: Mapping[str, Callable[[Reading, Json], None]] = {
    "plan": _plan,
    "routine": _plan,
    "code.outline": _outline,
    "code.write": _write,
    "code.repair": _repair,
    "chat": _chat,
    "ask": _ask,
    "rewrite": _only_shaped,
    "preferences": _preferences,
    "summary": _summary,
    "agent": _only_shaped,
}
