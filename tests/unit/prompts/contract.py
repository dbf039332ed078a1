"""What holds between the words a model is told and what is done with its answer; each check returns what is wrong.

`changed` puts another text in place of one of ours, so that a check can be shown to fail.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shared.core.planning.plan_refusals import AGENTS as ASKING
from shared.core.planning.plan_refusals import CODE, NOTION, REFUSALS, Refusal
from tests.unit.prompts.deeds import DEEDS
from tests.unit.prompts.refusals import REFUSED
from tests.unit.prompts.refusals_talk import AGENTS, REFUSED_TALK
from tests.unit.prompts.sentences import sentences_of, texts
from tests.unit.prompts.told import Told, one_line, questions

PAGES = {"plan": NOTION, "routine": NOTION, "plan for code": CODE, AGENTS: ASKING}
"""The questions for plans, by the family of steps that their page may need."""
ALL_REFUSED = (*REFUSED, *REFUSED_TALK)
KINDS = frozenset(
    {"task", "data", "language", "grounded", "scope", "counts", "form", "order", "meaning", "effect", "field", "value"}
)
MAX_KEPT = 0.15  # of all sentences, that no check covers
PLAIN_FIELDS = frozenset({"id", "path", "title", "text", "name", "content", "language"})
PLAIN_VALUES = frozenset({"high", "medium", "low", "bug", "feature", "question", "task", "other"})
_READ = Path(__file__).parent / "promises.toml"
Changed = Mapping[str, str]


@cache
def declared() -> dict[str, Any]:
    """Return what is promised of each text, and which sentences are kept without a check."""
    return tomllib.loads(_READ.read_text(encoding="utf-8"))


def promises(name: str) -> list[tuple[str, str]]:
    """Return kind and words of all that a text promises."""
    return [(kind, words) for kind, words in declared().get(name, {}).get("promises", ())]


def kept(name: str) -> list[tuple[str, str]]:
    """Return the beginnings of the sentences that stay without a check, each with its reason."""
    return [(begins, why) for begins, why in declared().get(name, {}).get("judgement", ())]


def said_in(question: Told, changed: Changed) -> str:
    """Return what stands in a question once texts of it are changed."""
    said = question.said
    for name in question.texts:
        if name in changed:
            before = one_line(texts()[name])
            assert before in said, name
            said = said.replace(before, one_line(changed[name]))
    return said


def planned_by(question: str) -> dict[str, Refusal]:
    """Return the rules of plans that this question has to tell: all, but those of families that its page needs not."""
    if question not in PAGES:
        return {}
    return {name: rule for name, rule in REFUSALS.items() if rule.family in ("", PAGES[question])}


def unannounced(question: str, changed: Changed, said: str = "") -> Iterator[str]:
    """Yield the rules of answers to this question that its words, or those `said`, do not tell."""
    said = said or said_in(questions()[question], changed)
    yield from (f"rule {name}" for name, rule in planned_by(question).items() if rule.announced not in said)
    yield from (f"rule {one.rule}" for one in ALL_REFUSED if question in one.asked and one.announced not in said)
    yield from (f"deed {one.what}" for one in DEEDS if question in one.asked and one.announced not in said)


def unpromised(name: str, changed: Changed) -> Iterator[str]:
    """Yield the promises of a text that it does not hold."""
    said = one_line(changed.get(name, texts()[name]))
    yield from (f"{kind}: {words}" for kind, words in promises(name) if words not in said)


def unexplained(question: str, changed: Changed) -> Iterator[str]:
    """Yield the fields and values of an answer that neither words nor a description of their own explain."""
    told, known = questions()[question], dict[str, set[str]]()
    for name in told.texts:
        said = one_line(changed.get(name, texts()[name]))
        for kind, words in promises(name):
            what, _, of = kind.partition(":")
            known.setdefault(what, set()).update({of} if of and words in said else set())
    for field, schema in fields_of(told.schema, told.schema.get("$defs", {})):
        if not (schema.get("description") or field in PLAIN_FIELDS | known.get("field", set())):
            yield f"field {field}"
        about = str(schema.get("description", ""))
        plain = PLAIN_VALUES | known.get("value", set())
        yield from (f"value {each}" for each in schema.get("enum", ()) if each not in plain and f"{each}:" not in about)


def fields_of(schema: Any, defs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every field that an answer of this schema has, at any depth, with what its own place says of it."""
    if "$ref" in schema:
        schema = defs[str(schema["$ref"]).rpartition("/")[2]]
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
        yield from fields_of(inner, defs)
    if isinstance(schema.get("items"), Mapping):
        yield from fields_of(schema["items"], defs)


def problems(name: str, changed: Changed = {}) -> list[str]:  # noqa: B006 - read only
    """Return what is wrong with one of our texts and with the questions that it is part of."""
    asked = [each for each, told in questions().items() if name in told.texts]
    if name.startswith("fixed/agents"):
        asked = asked[:1]  # all agents are told it alike
    found = list(unpromised(name, changed))
    for each in asked:
        found += [*unannounced(each, changed), *unexplained(each, changed)]
    return found


def promised_alone(name: str) -> list[str]:
    """Return the sentences of a text that words promised of it alone keep there: no code is seen to need them."""
    sentences = sentences_of(texts()[name])
    asked = [each for each, told in questions().items() if name in told.texts]
    asked = asked[:1] if name.startswith("fixed/agents") else asked
    found = []
    for number, sentence in enumerate(sentences):
        changed = {name: " ".join([*sentences[:number], *sentences[number + 1 :]])}
        needed = any([*unannounced(each, changed), *unexplained(each, changed)] for each in asked)
        if not needed and list(unpromised(name, changed)):
            found.append(sentence)
    return found


def unguarded(name: str) -> list[str]:
    """Return the sentences of a text that can go without anything turning red."""
    text = texts()[name]
    sentences = sentences_of(text)
    found = []
    for number, sentence in enumerate(sentences):
        left = " ".join([*sentences[:number], *sentences[number + 1 :]])
        if not problems(name, {name: left}):
            found.append(sentence)
    return found
