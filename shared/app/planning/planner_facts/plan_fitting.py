"""Which kinds of steps beside the core ones a planner is told of: those that its page speaks of, and no more than fit.

There may be hundreds of them, of every system that a team has connected. What is not told stays allowed: a plan that
names it all the same is taken, or is told what it takes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from shared.app.planning.planner_facts.plan_families import count_spoken, read_words
from shared.app.planning.planner_facts.plan_kinds import kind_line, notes_of
from shared.core.models.token_bound import estimate_tokens
from shared.core.text.outgoing_text import fold
from shared.integrations.systems import name_system
from shared.steps._kind import StepKind

MAX_FURTHER = 20  # kinds beside the core ones
MAX_TOKENS = 600  # that are spent on them
_SHARE = 0.05  # of the prompt's room: what may be spent on them
_SHORTEST = 4  # letters of a word that tells something
_LONG = 5  # letters of a word that may go on, as "message" does in "messages"
_WORD = re.compile(r"[^\W\d_]+")
_SAYS_NOTHING = (
    "about after also another been before behind between both does each every from have here into more most only other"
    " over same some such than that their them then there these they this those through under until what when where"
    " which while will with without your"
)
_HEAD = "Further kinds of steps, which the page speaks of:"
_NAMES = "By name alone, for there is no room to say more: "


def core_kinds(kinds: Mapping[str, StepKind]) -> dict[str, StepKind]:
    """Return those that every planner is told of whose page may need their family."""
    return {name: kind for name, kind in kinds.items() if kind.core}


def fitting_kinds(kinds: Mapping[str, StepKind], text: str, named: str = "") -> list[StepKind]:
    """Return the kinds beside the core ones that a text speaks of, the best first.

    `named` are texts that call kinds by their names, like a plan before this one; what is called so comes first.
    """
    words = read_words(text)
    known = {word for kind in core_kinds(kinds).values() for word in _words_of(kind)}
    found = list[tuple[bool, int, StepKind]]()
    for kind in kinds.values():
        if not kind.core:
            called = _is_called(kind.name, text) or _is_called(kind.name, named)
            found.append((called, count_spoken(words, _begins(kind, known)), kind))
    best = sorted((each for each in found if each[0] or each[1]), key=lambda each: (not each[0], -each[1]))
    return [kind for _, _, kind in best[:MAX_FURTHER]]


def further_table(kinds: Sequence[StepKind], room: int) -> str:
    """Return what a planner is told of these, by system; what has no room, the best first, is told by name alone.

    `room` is what the whole prompt may take, in tokens.
    """
    left, lines_by_kind = min(MAX_TOKENS, int(_SHARE * room)), dict[str, str]()
    for kind in kinds:
        line = "\n".join([kind_line(kind), *notes_of(kind)])
        if (taken := estimate_tokens(line)) <= left:
            left -= taken
            lines_by_kind[kind.name] = line
    systems = list(dict.fromkeys(_system_of(name) for name in lines_by_kind))
    lines = [line for each in systems for name, line in lines_by_kind.items() if _system_of(name) == each]
    names = [kind.name for kind in kinds if kind.name not in lines_by_kind]
    rest = [f"{_NAMES}{', '.join(names)}."] if names else []
    return "\n".join([_HEAD, *lines, *rest]) if kinds else ""


def _system_of(name: str) -> str:
    return name.partition(".")[0]


def _is_called(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", text) is not None


def _begins(kind: StepKind, known: Collection[str]) -> set[str]:
    """Return how words begin that ask for a kind: those it declares, and those of its own that no core kind has."""
    own = _words_of(kind) - set(known)
    short = {f"{word}{end}" for word in own if len(word) < _LONG for end in (".", "s.")}
    return {*fold(kind.words).split(), *short, *(word for word in own if len(word) >= _LONG)}


def _words_of(kind: StepKind) -> set[str]:
    """Return the words of a kind's name, purpose and systems that tell something, each as one and not as many."""
    systems = [name for each in kind.systems for name in each.split("|")]
    text = " ".join([kind.name, kind.purpose, *systems, *map(name_system, systems)])
    found = {word for word in _WORD.findall(fold(text).replace("_", " ")) if len(word) >= _SHORTEST}
    return {word.removesuffix("s") if len(word) >= _LONG else word for word in found - set(_SAYS_NOTHING.split())}
