"""What the steps of a group have said, and what those who are asked next are told of it.

Data flows along dependencies: who depends on a step of the same group is told what came of it. Nothing else flows, so
that a plan shows who knows what. All of it is data to the agent that reads it, and fills text fields only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from shared.core.models.model_errors import ModelError
from shared.core.run.run import CHILD, NOTHING, Run, Step, StepSpec, StepStatus, Usage
from shared.mind.context import Part
from shared.mind.members import Kinds, Member

AGAIN = frozenset({"debate", "mend"})  # roles of those who are asked once more: what they depend on is the talk so far
_MAIN = ("text", "answer", "summary")
_LABELS = {"choice": "Choice", "reasons": "Why", "dissent": "Who disagreed"}  # where a field's name says too little
_SEAT = re.compile(r"^(?:Specialist|Round) \d+: ")
_LONGEST = 300  # letters of a position that a result shows


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a step. `answer` is an agent's fields, a text, or facts; `absent` says why there is none."""

    step: str
    title: str
    answer: Any = None
    ref: str = ""  # of the kept answer
    shown: str = ""  # of the same as text, for people
    absent: str = ""

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the answer's fields; none where it has not any."""
        return self.answer if isinstance(self.answer, Mapping) else {}

    @property
    def text(self) -> str:
        """Return the answer as text."""
        return self.answer if isinstance(self.answer, str) else json.dumps(self.answer, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a step builds on. `given` is what it works on, `talk` what was said since it was asked first."""

    given: tuple[Step, ...] = ()
    talk: tuple[Step, ...] = ()


def read_said(step: Step, get_text: Callable[[str], str]) -> Said:
    """Return what came of a step that is done."""
    name, title, output = step.id, step.spec.title or step.spec.kind, step.output
    if step.status == StepStatus.SKIPPED:
        return Said(name, title, absent=step.error or "not asked")
    if ref := str(output.get("answer") or ""):
        return Said(name, title, json.loads(get_text(ref)), ref, str(output.get("text") or ""))
    if ref := str(output.get("text") or ""):
        return Said(name, title, get_text(ref), ref)
    return Said(name, title, dict(output))


def gather_heard(run: Run, step: Step) -> Heard:
    """Return what a step of a group builds on: what it depends on within its group, and what its group builds on."""
    given: list[Step] = []
    talk: list[Step] = []
    while step.parent:
        parent = run.step(step.parent)
        needed = (run.step(name) for name in step.spec.depends_on)
        found = [each for each in needed if each is not None and each.parent == step.parent]
        if step.spec.input.get("role") in AGAIN:
            talk = found + talk
        elif not given:
            given = found
        else:
            talk = found + talk
        if parent is None:
            break
        step = parent
    return Heard(tuple(given), tuple(talk))


def answer_to_markdown(answer: Mapping[str, Any]) -> str:
    """Return an answer as Markdown, for a person or a step that writes: its main text first, then the other fields."""
    main = [str(answer[name]) for name in _MAIN if isinstance(answer.get(name), str) and answer[name]]
    rest = [_field_text(name, value) for name, value in answer.items() if name not in (*_MAIN, "title")]
    head = [f"## {answer['title']}"] if isinstance(answer.get("title"), str) and answer["title"] else []
    return "\n\n".join([*head, *main, *(each for each in rest if each)])


def _field_text(name: str, value: Any) -> str:
    label = _LABELS.get(name) or name.replace("_", " ").capitalize()
    if isinstance(value, list):
        lines = [f"- {_flat(each)}" for each in value]
        return f"**{label}**\n\n" + "\n".join(lines) if lines else ""
    return f"**{label}**: {_flat(value)}" if value not in ("", None) else ""


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        filled = [(name, each) for name, each in value.items() if each not in ("", [])]
        who = f"{_SEAT.sub('', _flat(value['who']))}: " if value.get("who") else ""  # a person, and what they say
        return who + "; ".join(f"{name.replace('_', ' ')}: {_flat(each)}" for name, each in filled if name != "who")
    if isinstance(value, list):
        return ", ".join(_flat(each) for each in value)
    return " ".join(str(value).split()) if not isinstance(value, bool) else ("yes" if value else "no")


def role_part(role: str) -> Part:
    """Return what an agent is told about its part in a pattern: ours, so trusted."""
    version, _, text = files(__package__).joinpath("roles", f"{role}.md").read_text(encoding="utf-8").partition("\n")
    return Part("task", f"role {role} {version.removeprefix('version:').strip()}", text.strip(), trusted=True)


def list_said_parts(all_said: Iterable[Said], name: str) -> list[Part]:
    """Return what others have said as parts of a context; what is absent says nothing."""
    return [Part(name, each.title, each.text, must=True, share=0.6) for each in all_said if not each.absent]


class Group:
    """A step that asks others: who has been asked, what they said, and who is asked next."""

    def __init__(
        self,
        run: Run,
        step: Step,
        get_text: Callable[[str], str],
        kinds: Kinds,
        price: Callable[[str, Mapping[str, Any]], Usage],
    ) -> None:
        self._run, self._step, self._get_text, self._kinds = run, step, get_text, kinds
        free = step.spec.estimate == NOTHING  # the model costs nothing
        self._price: Callable[[str, Mapping[str, Any]], Usage] = (lambda kind, given: NOTHING) if free else price

    def list_said(self, *names: str) -> list[Said]:
        """Return what the children of these names came to, in this order."""
        found = (self._run.step(self._id(name)) for name in names)
        return [read_said(each, self._get_text) for each in found if each is not None]

    def ask(
        self,
        name: str,
        title: str,
        member: Member,
        *,
        role: str = "",
        after: Sequence[str] = (),
        optional: bool = False,
    ) -> StepSpec:
        """Return the step that asks a member, who hears what the children named in `after` have said."""
        given = {**member.input, "role": role} if role else dict(member.input)
        return StepSpec(
            id=self._id(name),
            kind=member.kind,
            title=title,
            input=given,
            depends_on=tuple(self._id(each) for each in after),
            estimate=self._price(member.kind, given),
            group=self._kinds[member.kind].group,
            optional=optional,
        )

    def ask_each(self, members: Sequence[Member], title: str, role: str) -> list[StepSpec]:
        """Return the steps that ask members side by side, named by their numbers; each may stay away.

        `title` may name the {number} of a member, their {count}, and {who} it is.
        """
        return [
            self.ask(
                str(number),
                title.format(number=number, count=len(members), who=member.who),
                member,
                role=role,
                optional=True,
            )
            for number, member in enumerate(members, 1)
        ]

    def said_by_each(self, members: Sequence[Member]) -> list[Said]:
        """Return what those have said who were asked by `ask_each`."""
        return self.list_said(*(str(number) for number in range(1, len(members) + 1)))

    def names_of(self, replies: Iterable[Said]) -> list[str]:
        """Return the names of the children who have said something, for those who are to hear it."""
        return [each.step.removeprefix(self._id("")) for each in replies]

    def _id(self, name: str) -> str:
        return f"{self._step.id}{CHILD}{name}"


def check_quorum(all_said: Sequence[Said], quorum: int) -> list[Said]:
    """Return those who answered; raises ModelError where they are fewer than `quorum`, or half where that is 0."""
    present = [each for each in all_said if not each.absent]
    needed = quorum or len(all_said) // 2 + 1
    if len(present) < needed:
        why = "; ".join(f"{each.title}: {each.absent}" for each in all_said if each.absent)
        raise ModelError(f"{len(present)} of {len(all_said)} answered, {needed} are needed ({why[:1500]})")
    return present


def position(reply: Said, field: str) -> str:
    """Return what somebody says in a field, so that equal positions are equal texts."""
    value = reply.fields.get(field)
    return " ".join(value.split()).casefold() if isinstance(value, str) else json.dumps(value, sort_keys=True)


def tally(present: Sequence[Said], field: str) -> tuple[Said, dict[str, int], list[dict[str, str]]]:
    """Return the first of those with the most frequent position, all positions with their votes, and who dissents.

    Of two that are equally frequent the one that was named first counts.
    """
    votes: dict[str, int] = {}
    for each in present:
        votes[position(each, field)] = votes.get(position(each, field), 0) + 1
    winner = max(votes, key=lambda name: votes[name])  # the first of the most frequent
    won = next(each for each in present if position(each, field) == winner)
    return won, {name[:_LONGEST]: count for name, count in votes.items()}, dissent(present, field, winner)


def dissent(present: Sequence[Said], field: str, accepted: str) -> list[dict[str, str]]:
    """Return who takes another position than the accepted one, and where their whole answer is kept."""
    return [
        {"who": each.title, "says": position(each, field)[:_LONGEST], "answer": each.ref}
        for each in present
        if position(each, field) != accepted
    ]


def result(won: Said, outcome: str, all_said: Sequence[Said] = (), **more: Any) -> dict[str, Any]:
    """Return a pattern's output: the answer that counts, how it came about, and who was absent."""
    absent = [f"{each.title}: {each.absent}"[:_LONGEST] for each in all_said if each.absent]
    found = {"answer": won.ref, "text": won.shown, "outcome": outcome, "from": won.step, "absent": absent, **more}
    return {name: value for name, value in found.items() if value not in ([], "", {})}
