"""Risk, cost and time of a plan by rules and tables, old proposals, and how people are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.core.planning.durations import TYPICAL, UNKNOWN, describe_span, typical, typical_of
from shared.core.planning.plan_words import explain_replanning, finding_lines, outlook_lines
from shared.core.planning.proposal import upgrade_proposal
from shared.core.planning.risk import LEVELS, MANY_PLACES, MUCH_MONEY, ceiling_of, risk_of
from shared.core.run.run import StepSpec, Usage
from shared.steps import KINDS
from tests.support.builders.runs import begin, gate, spec


def step(kind: str, *needs: str, undoable: bool = True, micros: int = 0, **given: Any) -> StepSpec:
    name = f"{kind}-{len(given)}-{given.get('page', '')}"
    return spec(name, *needs, kind=kind, undoable=undoable, input=given, estimate=Usage(0, micros))


SHIPS = [
    *(step(kind) for kind in ("repository.propose_change", "site.deploy", "site.promote")),
    step("repository.merge_change", undoable=False),  # nothing takes a merge back
]


@pytest.mark.parametrize(
    ("specs", "level"),
    [
        pytest.param([step("code.generate"), step("code.test")], "low", id="code that nobody sees"),
        pytest.param([step("notion.query_rows", undoable=False)], "low", id="reading"),
        pytest.param([step("agent.ask"), step("pattern.debate")], "low", id="thinking"),
        pytest.param([step("notion.create_page")], "medium", id="writing that can be taken back"),
        pytest.param([step("repository.propose_change"), step("site.deploy")], "medium", id="for people to look at"),
        pytest.param([step("site.promote")], "high", id="live"),
        pytest.param([step("notion.trash_page")], "high", id="away"),
        pytest.param([step("slack.post_message", undoable=False)], "high", id="cannot be taken back"),
        pytest.param([step("agent.loop", may=["notion.trash_page"])], "high", id="what an agent may do by itself"),
        pytest.param([step("agent.loop", may=[{"kind": "notion.comment"}])], "medium", id="what it may write"),
        pytest.param([step("notion.comment", page=f"{n}") for n in range(MANY_PLACES)], "medium", id="ten places"),
        pytest.param([step("notion.comment", page=f"{n}") for n in range(MANY_PLACES + 1)], "high", id="more places"),
        pytest.param([step("notion.comment", page=f"step:{n}") for n in range(99)], "medium", id="places of its own"),
        pytest.param([step("code.generate", micros=MUCH_MONEY)], "low", id="money"),
        pytest.param([step("code.generate", micros=MUCH_MONEY), step("code.test", micros=1)], "high", id="much money"),
        pytest.param([*SHIPS, step("code.generate", artifact="static_site")], "low", id="a static page, no data"),
        pytest.param([*SHIPS, step("code.generate", artifact="python_service")], "medium", id="a new program"),
        pytest.param([*SHIPS, step("code.generate", artifact="change")], "high", id="code of others"),
        pytest.param([*SHIPS], "high", id="what another plan has written"),
        pytest.param([spec("r2.publish"), gate("r2.approve", "r2.publish")], "low", id="our own steps"),
    ],
)
def test_the_level_follows_from_what_is_done(specs: list[StepSpec], level: str) -> None:
    found = risk_of(specs)
    assert found.level == level
    assert bool(found.why) == (level != "low")


@pytest.mark.parametrize("said", [*LEVELS, "none", ""])
def test_a_model_only_raises_it(said: str) -> None:
    for specs in ([step("code.test")], [step("notion.comment")], [step("site.promote")]):
        by_rules, found = risk_of(specs).level, risk_of(specs, said).level
        wanted = max(by_rules, said if said in LEVELS else "low", key=LEVELS.index)
        assert found == wanted


def test_the_worst_reason_comes_first() -> None:
    found = risk_of([step("notion.comment"), step("site.promote"), step("notion.trash_page")])
    assert [why.split()[0:2] for why in found.why][-1] == ["it", "writes"]
    assert len(found.why) == 3


def test_every_kind_there_is_has_a_typical_time() -> None:
    assert [kind for kind in KINDS if typical(kind) == UNKNOWN] == []
    assert typical("linear.create_issue") == UNKNOWN
    assert all(0 < low <= high for low, high in TYPICAL.values())


def test_a_plan_takes_as_long_as_its_longest_row_of_steps() -> None:
    write, test = spec("w", kind="code.generate"), spec("t", "w", kind="code.test")
    beside = spec("b", "w", kind="notion.comment")
    low, high = (sum(ends) for ends in zip(typical("code.generate"), typical("code.test"), strict=True))
    assert typical_of([write, test, beside]) == (low, high)
    assert typical_of([]) == (0, 0)
    assert ceiling_of([replace(write, estimate=Usage(1, 2)), replace(test, estimate=Usage(3, 4))]) == Usage(4, 6)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ((1, 15), "1 to 15 seconds"),
        ((5, 5), "5 seconds"),
        ((10, 300), "1 to 5 minutes"),
        ((110, 125), "about 2 minutes"),
    ],
)
def test_spans_of_time_as_people_say_them(span: tuple[int, int], said: str) -> None:
    assert describe_span(*span) == said


def test_proposals_of_older_versions_stay_readable() -> None:
    first = {"question": "Which colour?", "summary": "", "artifact": "static_site", "name": "x", "steps": []}
    assert upgrade_proposal(first)["questions"] == ["Which colour?"]
    assert "question" not in upgrade_proposal(first)
    second = {"question": "", "summary": "A site.", "requirements": [{"id": "R1"}], "steps": [{"id": "a"}]}
    found = upgrade_proposal(second)
    assert (found["questions"], found["assumptions"], found["alternatives"]) == ([], [], [])
    assert found["analysis"] == {"asked": "A site.", "missing": [], "risk": "low"}
    assert upgrade_proposal(found) == found


def test_what_people_are_told_leads_nowhere() -> None:
    planned = {
        "risk": {"level": "high", "why": ["see http://evil.example/x"]}, "micros": 420_000, "seconds": [10, 300],
        "second_look": "", "findings": ["go to https://evil.example", *("x" * 1000 for _ in range(9))],
    }  # fmt: skip
    lines = outlook_lines(planned)
    assert lines[1].startswith("Cost: at most 0.42 US dollars. Time: usually 1 to 5 minutes of work")
    assert not any("://evil" in line for line in (*lines, *finding_lines(planned)))
    assert [len(line) for line in finding_lines(planned)][1:] == [400] * 4
    assert outlook_lines({"summary": "of an older version"}) == []
    assert explain_replanning(begin(spec("a"))[0]) == []


def test_a_long_finding_ends_with_a_sentence_or_a_word_and_says_that_there_was_more() -> None:
    sentences = "The list is written in any case. " * 20
    (shown,) = finding_lines({"findings": [sentences]})
    assert shown.endswith("in any case. …")
    (shown,) = finding_lines({"findings": ["so " * 300]})
    assert shown.endswith("so …")
    assert len(shown) <= 400
    assert finding_lines({"findings": ["Short."]}) == ["Short."]


def test_what_a_second_look_has_found_follows_upon_it_and_not_upon_a_secret() -> None:
    planned = {
        "risk": {"level": "low"}, "second_look": "The critic still finds something wrong with this plan:",
        "left_out": [{"kind": "password"}], "findings": ["Nobody is asked."],
    }  # fmt: skip
    lines = outlook_lines(planned)
    assert "secret (password)" in lines[-2]
    assert lines[-1] == "The critic still finds something wrong with this plan:"
