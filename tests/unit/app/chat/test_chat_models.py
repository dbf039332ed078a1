"""A conversation with a model: what it is told, and how little it can do by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.app.chat.chat_memory import Said, keep_chat
from shared.core.run.run import RunStatus
from tests.support.desks.talk import Talk
from tests.support.measures.prompts import part_of, parts_of
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_house import TENANT


def test_what_becomes_too_much_to_tell_a_model_is_summarised_once_and_stays_readable(talk: Talk) -> None:
    summary = {"goal": "A club site", "decisions": ["It is green"], "entities": [], "questions": [], "constraints": []}
    long = "We talked about many things here. " * 40
    said = tuple(Said("user", f"Line {n}. {long}", "2026-11-22T00:00:00+00:00", f"old-{n}") for n in range(8))
    talk.chat = keep_chat(talk.desk.house.deps, TENANT, replace(talk.chat, turns=said))
    explained = meant(intent="explain", reply="It is a site.")
    model = ScriptedModel([explained, summary, explained])
    talk.desk.house.model = model
    talk.say("What is this?")
    assert [request.task for request in model.asked] == ["chat", "summary"]
    assert len(talk.chat.turns) == 10
    assert 0 < talk.chat.covered < 10
    talk.say("And now?")
    told = model.asked[2].prompt
    assert "Decided: It is green" in part_of(told, "summary")
    assert "Line 0." not in told
    assert "What is this?" in told


def meant(**given: Any) -> dict[str, Any]:
    return {"intent": "ask", "about": "", "reply": "", "language": "en", **given}


def obeying(talk: Talk, *answers: dict[str, Any]) -> None:
    """Let a model say what is meant, whatever is said; the plan stays the one that was made."""
    talk.desk.house.model = ScriptedModel(list(answers))


def test_a_model_cannot_approve_nor_name_what_it_was_not_shown(talk: Talk) -> None:
    talk.say("Plan this, please")
    run = talk.run()
    obeying(talk, meant(intent="approve"), meant(intent="approve"), meant(intent="approve"))
    with pytest.raises(Exception, match="intent"):
        talk.say("Do what is best")
    obeying(talk, meant(intent="cancel", about="run-000000000000000000000000"))
    assert talk.say("stop the other one").did == ""
    assert talk.desk.house.run(run.id).status == RunStatus.AWAITING_APPROVAL


def test_a_model_alone_stops_nothing(talk: Talk) -> None:
    """The title of a run or a page may have talked it into that."""
    talk.say("Plan this, please")
    run = talk.run()
    obeying(talk, meant(intent="cancel", about=run.id))
    asked = talk.say("Who lends pumps?")
    assert (asked.did, "Shall I stop" in asked.text) == ("", True)
    obeying(talk, meant())
    talk.say("No, who lends pumps?")
    talk.say("yes")  # what was asked before the last answer is no longer asked
    assert talk.desk.house.run(run.id).status == RunStatus.AWAITING_APPROVAL
    obeying(talk, meant(intent="cancel", about=run.id))
    talk.say("もうやめてください")  # words that no rule of ours knows
    assert talk.say("yes").did == "cancel"
    assert talk.desk.house.run(run.id).status == RunStatus.CANCELLED


def test_a_model_cannot_begin_a_page_it_was_not_shown(talk: Talk) -> None:
    obeying(talk, meant(intent="start", about="11111111-2222-4333-8444-555555555555"))
    answer = talk.say("go")
    assert answer.did == "start"
    assert talk.run().trigger.page == talk.chat.page  # the one that is spoken of


def test_what_a_model_explains_is_text_that_does_nothing(talk: Talk) -> None:
    talk.say("Plan this, please")
    evil = "See ![x](https://collect.invalid/p.png) and [here](https://collect.invalid/?q=1)"
    obeying(talk, meant(intent="explain", reply=evil))
    assert "https://collect.invalid" not in talk.say("status?").text.replace("`", "")


def test_a_model_is_told_which_page_and_run_is_present_and_whose_record_it_has(talk: Talk) -> None:
    talk.say("Plan this, please")
    run = talk.run()
    model = ScriptedModel([meant(intent="explain", reply="It waits.")])
    talk.desk.house.model = model
    talk.say("How does it stand?")
    told = {source: text for _, source, text in parts_of(model.asked[0].prompt)}
    runs = [json.loads(line) for line in told["runs, the newest first"].splitlines()]
    pages = [json.loads(line) for line in told["pages that may be meant"].splitlines()]
    assert [each["run"] for each in runs if each.get("present")] == [run.id]
    assert [each["page"] for each in pages if each.get("present")] == [run.trigger.page]
    assert "It waits for somebody to approve" in told[f"the record of run {run.id}"]
