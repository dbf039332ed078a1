"""A model is told every rule that its answer can be refused for, what each field holds, and what it must never do.

Each check is shown to fail: without the words that it asks for it turns red.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.mind.agents.registry import agents
from tests.support.parts import require
from tests.unit.prompts.contract import (
    ALL_REFUSED,
    KINDS,
    MAX_KEPT,
    PAGES,
    declared,
    fields_of,
    kept,
    planned_by,
    problems,
    promises,
    unannounced,
    unexplained,
    unguarded,
    unpromised,
)
from tests.unit.prompts.deeds import DEEDS, Deed
from tests.unit.prompts.refusals import MESSAGES, Refused
from tests.unit.prompts.refusals_talk import MESSAGES_TALK
from tests.unit.prompts.sentences import sentences_of, texts
from tests.unit.prompts.told import one_line, questions

ROOT = Path(__file__).resolve().parents[3]
_SHORTEST = 12  # letters of a piece of a message that is looked for
_QUOTED = re.compile(r"`([a-z_]+)`")


@pytest.mark.parametrize("name", texts())
def test_a_text_keeps_what_it_promises_and_its_questions_tell_every_rule(name: str) -> None:
    assert problems(name) == []


@pytest.mark.parametrize("one", ALL_REFUSED, ids=lambda one: f"{one.asked[0]}: {one.rule}")
def test_an_answer_that_breaks_a_rule_is_refused(one: Refused) -> None:
    assert one.says in one.wrong()


@pytest.mark.parametrize("one", DEEDS, ids=lambda one: one.what)
def test_what_is_told_of_our_code_is_so(one: Deed) -> None:
    if one.needs:
        require(one.needs)
    assert one.holds()


@pytest.mark.parametrize("name", texts())
def test_no_sentence_can_go_without_turning_something_red_but_those_that_say_why(name: str) -> None:
    begins = [each for each, why in kept(name) if len(why) > 3]
    loose = unguarded(name)
    assert [each for each in loose if not each.startswith(tuple(begins))] == []
    assert [each for each in begins if not any(one.startswith(each) for one in loose)] == []


def test_what_is_kept_without_a_check_is_little() -> None:
    told = sum(len(sentences_of(text)) for text in texts().values())
    assert sum(len(kept(name)) for name in texts()) <= MAX_KEPT * told


def test_promises_are_of_texts_that_there_are_and_of_known_kinds() -> None:
    assert set(declared()) == set(texts())
    kinds = {kind.partition(":")[0] for name in texts() for kind, _ in promises(name)}
    assert kinds == KINDS


@pytest.mark.parametrize("name", texts())
def test_sentences_put_together_are_the_text(name: str) -> None:
    assert " ".join(sentences_of(texts()[name])) == one_line(texts()[name])


# --- each check is able to fail


def _announced() -> Iterator[tuple[str, str, str]]:
    for question in PAGES:
        yield from ((question, f"rule {name}", rule.announced) for name, rule in planned_by(question).items())
    yield from ((each, f"rule {one.rule}", one.announced) for one in ALL_REFUSED for each in one.asked)
    yield from ((each, f"deed {one.what}", one.announced) for one in DEEDS for each in one.asked)


@pytest.mark.parametrize(("question", "rule", "words"), list(_announced()))
def test_a_rule_whose_words_are_taken_out_is_missed(question: str, rule: str, words: str) -> None:
    said = questions()[question].said
    assert rule not in unannounced(question, {})
    assert rule in unannounced(question, {}, said.replace(words, "…"))


@pytest.mark.parametrize("name", texts())
def test_a_promise_that_is_taken_out_is_missed(name: str) -> None:
    for kind, words in promises(name):
        changed = {name: one_line(texts()[name]).replace(words, "…")}
        assert f"{kind}: {words}" in list(unpromised(name, changed))


def test_a_field_that_nothing_explains_is_missed() -> None:
    explained = [(name, kind.partition(":")[2]) for name in texts() for kind, _ in promises(name) if ":" in kind]
    missed = {
        (name, each.partition(" ")[2])
        for name in texts()
        for question, told in questions().items()
        if name in told.texts
        for each in unexplained(question, {name: ""})
    }
    assert {("prompts/chat", "about"), ("prompts/plan", "followed"), ("prompts/code_outline", "rename")} <= missed
    assert missed <= set(explained)


# --- what promises speak of is there


@pytest.mark.parametrize("name", texts())
def test_promised_fields_and_values_are_some_of_the_answers(name: str) -> None:
    one = agents().get(name.removeprefix("agents/"))
    there = {value for _, values in one.among.values() for value in values} if one else set[str]()
    for told in questions().values():
        if name in told.texts or name.startswith("fixed/"):
            for field, schema in fields_of(told.schema, told.schema.get("$defs", {})):
                there |= {field, *map(str, schema.get("enum", ()))}
    named = {kind.partition(":")[2] for kind, _ in promises(name) if ":" in kind}
    assert named - there == set()


@pytest.mark.parametrize("name", agents())
def test_names_that_an_agent_is_told_are_fields_or_values_of_its_own(name: str) -> None:
    one, there = agents()[name], set[str]()
    for form in (one.input, one.output):
        schema = form.model_json_schema()
        for field, inner in fields_of(schema, schema.get("$defs", {})):
            there |= {field, *map(str, inner.get("enum", ()))}
    assert set(_QUOTED.findall(one.prompt)) - there == set()


@pytest.mark.parametrize("name", [name for name in texts() if name.startswith(("prompts/", "memory/"))])
def test_who_reads_what_others_wrote_is_told_that_it_orders_nothing(name: str) -> None:
    told = {*promises(name), *(promises("prompts/code") if "code_" in name else ())}
    assert [words for kind, words in told if kind == "data"]


@pytest.mark.parametrize("name", [name for name, told in questions().items() if told.schema])
def test_every_question_says_what_is_to_be_done_and_in_which_language(name: str) -> None:
    kinds = {kind for each in questions()[name].texts for kind, _ in promises(each)}
    assert {"task", "language"} - kinds == ({"language"} if name == "chat" else set())  # its own field says which
    assert name != "chat" or "in the language of the person" in questions()[name].said


# --- no rule is left out


def _messages(path: str, functions: tuple[str, ...]) -> Iterator[str]:
    """Yield the longest fixed piece of each sentence that these functions may say."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or node.name not in functions:
            continue
        parts = {id(part) for each in ast.walk(node) if isinstance(each, ast.JoinedStr) for part in each.values}
        for each in ast.walk(node):
            texts_of: list[str] = []
            if isinstance(each, ast.JoinedStr):
                texts_of = [str(part.value) for part in each.values if isinstance(part, ast.Constant)]
            elif isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in parts:
                texts_of = [each.value] if each.value != ast.get_docstring(node, clean=False) else []
            longest = max(texts_of, key=len, default="")
            if len(longest) >= _SHORTEST and " " in longest.strip():
                yield longest


@pytest.mark.parametrize(("path", "functions"), [*MESSAGES.items(), *MESSAGES_TALK.items()])
def test_every_sentence_that_refuses_an_answer_belongs_to_a_rule(path: str, functions: tuple[str, ...]) -> None:
    said = "\n".join(one.wrong() for one in ALL_REFUSED)
    found = list(_messages(path, functions))
    assert found
    assert [each for each in found if each not in said] == []
