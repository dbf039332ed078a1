"""What a model chooses is compared with what was said: by a wrong act, or a wrong thing, nothing is done."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from shared.app.chat.chat_memory import load_chat
from shared.app.chat.chat_subjects import collect_subjects
from shared.app.chat.conversation import Understood
from shared.core.chat import chat_words as words
from shared.core.chat.naming import Named
from tests.support.measures.prompts import parts_of
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_house import TENANT
from tests.unit.app.talk.utterances import CASES, MISSING, PLAIN, Case
from tests.unit.app.talk.world import ENDED, IDS, PAGES, WAITING, World

ACTS = ("start", "change", "cancel", "deny", "retry")
READS = tuple(sorted(set(get_args(Understood.model_fields["intent"].annotation)) - set(ACTS)))
RIGHT = {"stop": "cancel", "plan": "start", "retry": "retry"}  # act of a case → intent that a good reader chooses
DONE = [case for case in PLAIN if case.done]


def choosing(intent: str, about: str = "", reply: str = "") -> ScriptedModel:
    return ScriptedModel([{"intent": intent, "about": about, "reply": reply, "language": "en"}])


def thing(case: Case, intent: str) -> str:
    """Return the id of what a case names, or is about: that of its page for a plan, of its run for all else."""
    called = (name for name, title in {**WAITING, **ENDED, **PAGES}.items() if title.casefold() in case.said.casefold())
    name = case.done.partition(" ")[2] or case.about or next(called, "bakery")
    return IDS[name] if intent == "start" else f"run-{name.replace('é', 'e')}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.said} [{case.about}]")
def test_a_model_that_chooses_the_wrong_act_has_nothing_done(world: World, case: Case) -> None:
    right = RIGHT.get(case.done.partition(" ")[0])
    for intent in (*ACTS, *(READS if case.done else ())):
        if intent != right:
            answer = world.says(case.said, case.about, choosing(intent, thing(case, intent)))
            assert (world.done(), answer.did) == ("", ""), (intent, answer.text)


@pytest.mark.parametrize("case", DONE, ids=lambda case: f"{case.said} [{case.about}]")
def test_a_model_that_chooses_another_thing_has_nothing_done(world: World, case: Case) -> None:
    right = RIGHT[case.done.partition(" ")[0]]
    shown = [each.id for each in _shown(world, case)]  # a page that is not among them a model does well to miss
    there = shown if right == "start" else ["run-budgets", "run-choir", words.NOT_LISTED]
    for about in set(there) - {thing(case, right)}:
        answer = world.says(case.said, case.about, choosing(right, about))
        assert (world.done(), answer.did) == ("", ""), (about, answer.text)


@pytest.mark.parametrize("case", DONE, ids=lambda case: f"{case.said} [{case.about}]")
def test_a_model_that_chooses_the_right_act_has_it_done(world: World, case: Case) -> None:
    answer = world.says(case.said, case.about, choosing(RIGHT[case.done.partition(" ")[0]]))
    assert world.done() == case.done, answer.text


def _shown(world: World, case: Case) -> tuple[Named, ...]:
    """Return the pages that a model is shown with this utterance."""
    world.says("help", case.about)
    chat = load_chat(world.house.deps, TENANT, world.chat, "key-1")
    assert chat is not None
    return collect_subjects(world.house.deps, world.house.tools, TENANT, chat, case.said).pages


def records(model: ScriptedModel) -> list[list[str]]:
    """Return for each question the runs whose records were told."""
    return [
        [source.removeprefix("the record of run ") for part, source, _ in parts_of(each.prompt) if part == "knowledge"]
        for each in model.asked
        if each.task == "chat"
    ]


@pytest.mark.parametrize(
    ("names", "said", "run"),
    [
        (("bakery",), "How does the bakery stand?", "run-bakery"),
        (("bakery",), "Und wie sieht es aus?", "run-bakery"),
        (("bakery", "saturday", "newsletter"), "Did the newsletter go well?", "run-newsletter"),
        (("bakery", "saturday"), "Did Corner bakery opens on Saturday go well?", "run-saturday"),
    ],
)
def test_the_record_of_the_run_that_alone_can_be_meant_is_told_at_once(
    tmp_path: Path, names: tuple[str, ...], said: str, run: str
) -> None:
    alone = World(tmp_path / "house", names=names)
    model = choosing("explain", run, "It waits.")
    assert alone.says(said, model=model).text == "It waits."
    assert records(model) == [[run]]  # one question, and it had the record
    alone.close()


@pytest.mark.parametrize("said", ["How does the bakery stand?", "Wie sieht es aus?"])
def test_where_several_may_be_meant_no_record_is_told(tmp_path: Path, said: str) -> None:
    several = World(tmp_path / "house", names=("bakery", "saturday"))
    model = choosing("ask")
    several.says(said, model=model)
    assert records(model) == [[]]
    several.close()


@pytest.mark.parametrize(
    ("said", "about", "intent"),
    [
        ("Please plan the page about the library", "rowing", "start"),
        ("Bitte leg mit der Bücherei los", "rowing", "start"),
        ("Bücherei: mehr Rot, bitte", "bakery", "change"),
        ("Macht bitte mit der Bücherei Schluss", "bakery", "cancel"),
        ("What is the status of the library?", "bakery", "explain"),
        ("Wie sieht es mit der Bücherei aus?", "bakery", "explain"),
    ],
)
def test_what_is_named_and_not_listed_is_said_not_to_be_there(world: World, said: str, about: str, intent: str) -> None:
    answer = world.says(said, about, choosing(intent, "none"))
    assert (world.done(), answer.did) == ("", "")
    assert MISSING in answer.text or "I do not know which page or run you mean" in answer.text


def test_what_a_model_was_told_of_and_says_is_not_there_is_asked_about(world: World) -> None:
    for said, about in (("stop it", "bakery"), ("stop Corner bakery", "")):
        answer = world.says(said, about, choosing("cancel", "none"))
        assert (world.done(), "Shall I stop “Corner bakery”" in answer.text) == ("", True), answer.text
