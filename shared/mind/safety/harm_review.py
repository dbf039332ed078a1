"""One look at work that is about to leave, by an agent that searches for harm. What it says can only add findings.

What it reads may try to talk it round; so a good word of it opens nothing, and nobody waits for it: where it cannot be
asked, people are told that nobody has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.core.errors import ErrorClass, IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.run.run import NOTHING, Usage
from shared.core.text.cut_text import cut_text
from shared.core.text.outgoing_text import visible
from shared.mind.agents.ask_agent import ask_agent, checked_input
from shared.mind.agents.registry import agent
from shared.mind.context import Context
from shared.mind.verdicts import STOP, verdict_of
from shared.ports.model import Model

REVIEWER = "security-reviewer"
OFFLINE = "offline"  # the name of the model that thinks by rules
_MAX_FILES = 40
_ROOM = 90_000  # characters of all files: within what the agent may be asked, however they count as tokens
_MAX_DIFF = 40_000  # characters of the diff; the files are there beside it
_STOP = "The reviewer says that this must not leave, however it is mended."
_MIN = 400  # characters of a file that is cut
_CUT = "\n… (more that is not shown here)"
_MAX = 1600  # characters of a finding: all that the reviewer may say of one


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, as (severity: high, medium or low; text), worst first, and what people are told of the look."""

    findings: tuple[tuple[str, str], ...] = ()
    words: str = ""
    used: Usage = NOTHING
    model: str = ""  # who has looked, "" for nobody


@dataclass(frozen=True, slots=True)
class Approved:
    """What people have approved of the work: what it is about, what it shall do, and what was assumed.

    `change` is the diff, where it changes what was there before. `tests` says what they came to. Of work that was
    looked at before, `former` are the findings of then, `answer` what its author says to them, and `since` is the diff
    since then.
    """

    about: str
    requirements: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    change: str = ""
    tests: str = ""
    former: tuple[str, ...] = ()
    answer: str = ""
    since: str = ""

    def as_input(self) -> dict[str, object]:
        """Return it as the reviewer is given it, of each as much as it takes."""
        return {
            "about": self.about[:4000],
            "requirements": [each[:1000] for each in self.requirements[:100]],
            "assumptions": [each[:1000] for each in self.assumptions[:40]],
            "change": _short(self.change),
            "tests": self.tests[:1000],
            "former": [cut_text(each, 2000) for each in self.former[:50]],
            "answer": cut_text(self.answer, 4000),
            "since": _short(self.since),
        }


def _short(change: str) -> str:
    return change if len(change) <= _MAX_DIFF else change[:_MAX_DIFF] + _CUT


def look_for_harm(
    model: Model,
    files: Mapping[str, bytes],
    approved: Approved,
    *,
    seed: str,
    keep: Callable[[Context], None] | None = None,
    patient: bool = False,
) -> Look:
    """Return what the reviewer says about these files.

    With `patient` an outage is raised, to be met again later; else people are told that nobody has looked.
    """
    shown, partly = _choose_shown(files)
    if not shown and approved.change:  # nothing is written, only taken away
        shown = [{"path": "the diff", "content": approved.change[:_ROOM]}]
    reviewer = agent(REVIEWER)
    try:
        given = checked_input(reviewer, {**approved.as_input(), "files": shown})
        answer, result = ask_agent(model, reviewer, given, seed=seed, keep=keep)
    except (IntegrationError, ModelError, ValueError) as error:
        if patient and getattr(error, "error_class", None) == ErrorClass.TRANSIENT:
            raise
        used = getattr(error, "used", NOTHING)
        return Look(words=f"Nobody has looked for harm: {type(error).__name__}: {str(error)[:200]}.", used=used)
    review = answer.model_dump()
    found = [
        (
            each["severity"],
            cut_text(" ".join(visible(f"{each['where']}: {each['problem']} {each['mend']}").split()), _MAX),
        )
        for each in review["findings"]
    ]
    found.sort(key=lambda each: ("high", "medium", "low").index(each[0]))
    words = _words(result.model, partly, stops=verdict_of(review) == STOP)
    return Look(tuple(found), words, result.usage, result.model)


def _words(model: str, partly: bool, *, stops: bool) -> str:
    some = (" It has not read all of it." if partly else "") + (f" {_STOP}" if stops else "")
    if model == OFFLINE:
        return f"Looked through by rules alone: no model and no person has looked for harm.{some}"
    return f"Looked through for harm by the {model} model.{some}"


def _choose_shown(files: Mapping[str, bytes]) -> tuple[list[dict[str, str]], bool]:
    """Return the files as they are shown: of many or long ones the beginnings, and whether something was left out."""
    texts = {path: text for path, data in sorted(files.items()) if (text := _text(data)) is not None}
    kept = sorted(texts, key=lambda path: (len(texts[path]), path))[:_MAX_FILES]
    room, shown, partly = _ROOM, [], len(kept) < len(files)
    for number, path in enumerate(kept):  # what short ones leave free goes to the long ones
        limit = max(_MIN, room // (len(kept) - number))
        text = texts[path]
        if len(text) > limit:
            text, partly = text[:limit] + _CUT, True
        room -= len(text)
        shown.append({"path": path[:200], "content": text[:100_000]})
        partly = partly or len(text) > 100_000
    return sorted(shown, key=lambda each: each["path"]), partly


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
