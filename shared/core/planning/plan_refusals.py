"""Every rule that a plan can be refused for: its name, what a model is told, and how the request announces it.

A rule that nobody has announced costs an answer, so each names the words with which the planner's request does it.
Problems are collected and told together, the first of this table first: the later ones often follow from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.models.model_errors import InvalidOutput

MAX_TOLD = 2400  # characters of all that is wrong with one answer
_MAX_PLACES = 6  # of one problem that are named
_LONGEST = 600  # characters of one problem
AGENTS, CODE, NOTION = "agents", "code", "notion"  # families of steps


@dataclass(frozen=True, slots=True)
class Refusal:
    """`words`: what is said of the place where it is wrong; `announced`: words of the request that tell the rule.

    They stand in the prompt, with the kinds of steps, or in the schema of the answer; of a rule about one family of
    steps, in requests for pages that may need that `family`.
    """

    words: str
    announced: str
    family: str = ""


REFUSALS: Mapping[str, Refusal] = {
    "shape": Refusal(": {error}", '"requirements"'),
    "no_steps": Refusal("must be a list with at least one step", "Then write the steps"),
    "steps_and_questions": Refusal(
        ": a plan with steps asks nothing; assume what is missing, or leave out steps", "and no steps"
    ),
    "too_many_steps": Refusal("the plan has {count} steps; at most {most} are allowed", "as few as do the work"),
    "no_object": Refusal("must be an object with {known}", "depends_on: the ids of the steps"),
    "unknown_field": Refusal("has the unknown field {given!r}; known: {known}", "depends_on: the ids of the steps"),
    "step_id": Refusal("must be letters (A-Z, a-z), digits, '-' and '_', at most 40", "letters, digits, - and _"),
    "own_name": Refusal(
        "{given!r} is one of our own steps' names; choose another",
        "never plan, publish, approve, ask, answer, review, release or production",
    ),
    "unknown_kind": Refusal("{given} is unknown; use one of: {known}", "kind: one of those listed"),
    "absent_kind": Refusal("{given} exists, but {why}", "kind: one of those listed"),
    "input_form": Refusal("must be an object", "input: the fields in its line"),
    "input": Refusal(": {error}", "input: the fields in its line"),
    "no_repository": Refusal(
        ": there is no software to change, the settings name no repository of the team; make something new,"
        " or ask which repository is meant",
        "the team's repository is named below",
    ),
    "files_alone": Refusal(
        ": sites go to {host}, which serves files and neither builds nor runs anything; make a static_site and say so"
        " among the assumptions, or leave out the steps that deploy",
        "Deploy the tested site to the tenant's host",
        CODE,
    ),
    "place": Refusal(": {error}", "guess"),
    "column": Refusal(": there is no column {given!r}; there are: {known}", "data source"),
    "filter_type": Refusal(
        ": a filter of the type {given} does not fit the column {name!r}, which is a {kind};"
        " write it with {kind} in place of {given}",
        "data source",
    ),
    "option": Refusal(": there is no option {given!r}; there are: {known}", "data source"),
    "date": Refusal(": {given!r} is no date; write YYYY-MM-DD, counted from today, {today}", "YYYY-MM-DD"),
    "depends_on": Refusal("must be a list of step ids", "depends_on: the ids of the steps"),
    "text": Refusal("must be text", "title: says concretely"),
    "same_id": Refusal("step id {given!r} is used {count} times; each step has an id of its own", "each id once"),
    "unknown_step": Refusal(
        "step {step!r} depends on {given!r}, which is not in the plan; {known}", "depends_on: the ids of the steps"
    ),
    "no_text": Refusal(": {given!r} is a step of the kind {kind}, which leaves no text; {known}", "leaves a text"),
    "no_field": Refusal(
        ": {given!r} is no field of the answer of that step ({kind}); {known}", "fields that an answer fills", AGENTS
    ),
    "circle": Refusal("the steps {given} wait for each other in a circle", "in a circle"),
    "too_early": Refusal("step {step!r} ({kind}) must come after every step of the kind {needed}{how}", "After: "),
    "one_work": Refusal(
        "the plan has several steps {kind}, and ships what one has made: put it into one step", "one code.generate"
    ),
    "one_made": Refusal(
        "the plan has several steps {kind}, and a run makes one repository and one site at most: put it into one step",
        "as few as do the work",
    ),
    "repeats": Refusal("the plan repeats itself: {kind} with the same input {count} times", "as few as do the work"),
    "failed_before": Refusal(
        "the plan repeats the step that has failed: {kind} with the same input", "never the very same step"
    ),
    "too_dear": Refusal("{error}", "few members and rounds"),
}


class Problems:
    """What is wrong with one answer; the same in several places is said once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[str]] = {}
        self._beside: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, rule: str, where: str = "", **given: object) -> None:
        """Remember a problem; `given` fills the words of the rule."""
        words = REFUSALS[rule].words.format_map(given)
        words = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
        places = self._found.setdefault((rule, words), [])
        if where and where not in places:
            places.append(where)

    def tell(self, line: str) -> None:
        """Say something that helps to mend what was found, once, behind all of it."""
        self._beside[line] = None

    def refuse(self) -> None:
        """Raise InvalidOutput with all that was found; nothing where nothing was."""
        if self._found:
            raise InvalidOutput(self.text())

    def text(self) -> str:
        """Return what is wrong, a line each, the most important first, and at most MAX_TOLD characters."""
        order = {name: number for number, name in enumerate(REFUSALS)}
        found = sorted(self._found.items(), key=lambda each: order[each[0][0]])
        lines = [_name_places(places, words) for (_, words), places in found]
        return _cut_lines([*lines, *self._beside])


def refuse(rule: str, where: str = "", **given: object) -> InvalidOutput:
    """Return the error of one rule that is told alone."""
    problems = Problems()
    problems.add(rule, where, **given)
    return InvalidOutput(problems.text())


def _name_places(places: list[str], words: str) -> str:
    more = f" and {len(places) - _MAX_PLACES} more" if len(places) > _MAX_PLACES else ""
    where = ", ".join(places[:_MAX_PLACES]) + more
    if len(places) > 1 and words.startswith("has "):
        words = f"have {words[4:]}"
    return f"{where}{'' if words.startswith(':') else ' '}{words}" if where else words


def _cut_lines(lines: list[str]) -> str:
    kept: list[str] = []
    left = MAX_TOLD - 40  # for the words about what is left out
    for line in lines:
        if len(line) + 1 > left:
            break
        kept.append(line)
        left -= len(line) + 1
    if len(kept) < len(lines):
        kept.append(f"… and {len(lines) - len(kept)} more")
    return "\n".join(kept)
