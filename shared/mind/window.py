"""A long talk within a share of the prompt: the last turns word for word, older ones as a summary.

Turns stay whole, so no tool call loses its result. At 70 % of the share the oldest go, down to 30 %, so that it does
not happen at each turn; the first goal and what is pinned stay. The summary is structured and made from the one before
and the turns that go; its ids and dates are checked against them, and copied by code where it has lost them
(retrieval, section 9).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from shared.core.chat.summary import HEADS, Summary
from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.models.token_bound import token_weight
from shared.mind.context import Part
from shared.mind.fitting import ask_within
from shared.mind.prompts import prompt
from shared.mind.structured import ask, schema_of
from shared.ports.model import Message, Model, ModelRequest, ModelResult

BEGIN, UNTIL = 0.7, 0.3  # of the share: when turns go, and down to where
TASK = "summary"
ANSWER_TOKENS, PROMPT_TOKENS = 1500, 12_000
_MAX = 30  # entries of one kind that are kept, the newest
_LENGTH = 240  # characters of one entry
_ENDS = re.compile(r"(?<=[.!?。！？])\s|\n")
_NAMED = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b|\brun-[0-9A-Za-z-]{4,60}|https?://[^\s<>\"')]*[^\s<>\"').,;:!?。，；]"
    r"|\b\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?|\b[A-Z][A-Z0-9]{1,9}-\d+\b|\b\d{1,2}\.\d{1,2}\.\d{4}\b"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What belongs together: a person's words and all that followed, or a model's tool calls with their results."""

    messages: tuple[Message, ...]

    @property
    def text(self) -> str:
        """Return the turn as lines, each with who said it."""
        return "\n".join(_line(message) for message in self.messages)


_BEFORE = re.compile(rf"^(?:(?:user|assistant|tool|Goal|{'|'.join(HEADS.values())}): )+")  # what is no part of a line


class _Answer(BaseModel):
    """A model's summary."""

    model_config = ConfigDict(extra="forbid")

    goal: str = Field(max_length=1000)
    decisions: list[str] = Field(max_length=60)
    entities: list[str] = Field(max_length=60)
    questions: list[str] = Field(max_length=60)
    constraints: list[str] = Field(max_length=60)


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """Return the messages as turns: a new one begins with a person's words, or with a model's when none are before."""
    found: list[list[Message]] = []
    for message in messages:
        spoken = bool(found) and any(each.role == "user" for each in found[-1])
        if not found or message.role == "user" or (message.role == "assistant" and not spoken):
            found.append([])
        found[-1].append(message)
    return [Turn(tuple(each)) for each in found]


def slide(turns: Sequence[Turn], share: int) -> tuple[list[Turn], list[Turn]]:
    """Return the turns that stay and those that go, each in order. `share` is in tokens.

    The first turn stays because it says what is wanted, and the last because it is being answered.
    """
    sizes = [token_weight(turn.text) for turn in turns]
    left, going = sum(sizes), set[int]()
    if left > BEGIN * share:
        for number in range(1, len(turns) - 1):
            if left <= UNTIL * share:
                break
            going.add(number)
            left -= sizes[number]
    kept = [turn for number, turn in enumerate(turns) if number not in going]
    return kept, [turn for number, turn in enumerate(turns) if number in going]


def summarize(
    model: Model | None, before: Summary, gone: Sequence[Turn], *, seed: str = ""
) -> tuple[Summary, ModelResult | None]:
    """Return the summary of what was summarised before and the turns that go, and the model's result, if it made it.

    Without a model, or when it fails, the first sentence of each turn is kept.
    """
    if not gone:
        return before, None
    if model is not None:
        try:
            answer, result = _ask_for_summary(model, before, gone, seed)
        except (IntegrationError, ModelError):
            return _extract_summary(before, gone), None
        return _check_summary(answer, before, gone), result
    return _extract_summary(before, gone), None


def window_parts(summary: Summary, turns: Sequence[Turn], *, share: float = 0.0) -> list[Part]:
    """Return both as parts of a context; of turns that still do not fit the oldest lines go."""
    text = "\n".join(turn.text for turn in turns)
    parts = [
        Part("summary", f"the first {summary.turns} turns", summary.text, share=share / 3),
        Part("history", "the last turns", text, share=share, cut="start"),
    ]
    return [part for part in parts if part.text]


def _ask_for_summary(model: Model, before: Summary, gone: Sequence[Turn], seed: str) -> tuple[_Answer, ModelResult]:
    version_and_text = prompt(TASK)
    request = ModelRequest(
        task=TASK,
        task_class="cheap",
        system=version_and_text[1],
        prompt="",
        schema=schema_of(_Answer),
        max_output_tokens=ANSWER_TOKENS,
    )
    parts = [
        Part("summary", "the summary so far", before.text, must=True, share=0.4),
        Part("history", "turns that go", "\n".join(turn.text for turn in gone), must=True, cut="start"),
    ]
    found, _ = ask_within(
        model,
        lambda text: replace(request, prompt=text),
        [part for part in parts if part.text],
        lambda asked: ask(model, asked, _Answer),
        answer_tokens=ANSWER_TOKENS,
        max_tokens=PROMPT_TOKENS,
        seed=seed,
    )
    return found


def _check_summary(answer: _Answer, before: Summary, gone: Sequence[Turn]) -> Summary:
    """Leave out entries with ids or dates that nobody has named, and add those that the model has lost."""
    source = "\n".join([before.text, *(turn.text for turn in gone)])
    names = set(_NAMED.findall(source))

    def true(entries: Sequence[str]) -> tuple[str, ...]:
        return tuple(each[:_LENGTH] for each in entries if each.strip() and set(_NAMED.findall(each)) <= names)[-_MAX:]

    goal = answer.goal if set(_NAMED.findall(answer.goal)) <= names else before.goal
    kept = Summary(
        turns=before.turns + len(gone),
        goal=goal[:_LENGTH] or before.goal,
        decisions=true(answer.decisions),
        entities=true(answer.entities),
        questions=true(answer.questions),
        constraints=true(answer.constraints),
        version=prompt(TASK)[0],
    )
    named = set(_NAMED.findall(kept.text))
    lost = [line[:_LENGTH] for line in _namings(source) if not set(_NAMED.findall(line)) <= named]
    return replace(kept, entities=(*kept.entities, *lost)[-_MAX:])


def _extract_summary(before: Summary, gone: Sequence[Turn]) -> Summary:
    firsts = [
        f"{turn.messages[0].role}: {_first_sentence(turn.messages[0].text)}" for turn in gone if turn.messages[0].text
    ]
    source = "\n".join(turn.text for turn in gone)
    shown = set(_NAMED.findall("\n".join([*before.entities, *firsts])))
    lost = [line[:_LENGTH] for line in _namings(source) if not set(_NAMED.findall(line)) <= shown]
    return replace(
        before,
        turns=before.turns + len(gone),
        goal=before.goal or ("" if before.turns else _first_sentence(gone[0].messages[0].text)[:_LENGTH]),
        entities=tuple(dict.fromkeys([*before.entities, *lost]))[-_MAX:],
        said=(*before.said, *(first[:_LENGTH] for first in firsts))[-_MAX:],
    )


def _namings(text: str) -> list[str]:
    """Return each id, address and date of a text once, with the words before it, which say what it is of."""
    found: dict[str, str] = {}
    for match in _NAMED.finditer(text):
        line = text[max(text.rfind("\n", 0, match.start()) + 1, match.start() - 80) : match.end()]
        found.setdefault(match[0], " ".join(_BEFORE.sub("", line).split()))
    return list(found.values())


def _first_sentence(text: str) -> str:
    return _ENDS.split(text.strip(), maxsplit=1)[0]


def _line(message: Message) -> str:
    calls = "".join(f" [asks {call.name} {json.dumps(dict(call.input), ensure_ascii=False)}]" for call in message.calls)
    return f"{message.role}: {message.text}{calls}"
