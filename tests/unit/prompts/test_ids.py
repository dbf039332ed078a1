"""No request shows an id of ours that its words do not explain, and none shows those that only we can read."""

from __future__ import annotations

import re

import pytest

from shared.app.planning.planner_facts.plan_context import Known
from shared.core.run.replan import SoFar
from shared.core.run.run import Step, StepSpec, StepStatus
from tests.support.measures.prompts import parts_of
from tests.unit.mind.situations import SITUATIONS, shown
from tests.unit.prompts.told import one_line

EXPLAINED = {  # how an id looks where it stands in data, and the words that say what it is
    re.compile(r"^\s*\[(?!R\d)[^\]\s]+\] \w+", re.MULTILINE): "in square brackets",
    re.compile(r"^\s*\[R\d+(?:, R\d+)*\] \w+", re.MULTILINE): "A mark like [R2]",
    re.compile(r"^pref-\S+: ", re.MULTILINE): 'their ids in "followed"',
    re.compile(r'"id": "P\d+"'): "its id is in `sources`",
    re.compile(r'"requirements": \[\{"id": "R\d+"'): "requirement",
}
OURS_ALONE = re.compile(r'\br\d+\.[a-z][\w-]*\b|"ref":|"text_ref":|\b[0-9a-f]{64}\b')
KEPT = "a1" * 32  # where a text is kept: its content address


def unexplained_ids(text: str) -> list[str]:
    """Return the words about ids that a request shows and does not explain."""
    before, told, data = text.partition("What stands between")
    said = one_line(before)
    return [words for form, words in EXPLAINED.items() if form.search(told + data) and words not in said]


@pytest.mark.parametrize("name", SITUATIONS)
def test_ids_that_are_shown_are_explained(name: str) -> None:
    assert unexplained_ids(shown(name)) == []


@pytest.mark.parametrize("name", SITUATIONS)
def test_no_id_is_shown_that_only_we_can_read(name: str) -> None:
    assert [found[0] for _, _, text in parts_of(shown(name)) if (found := OURS_ALONE.search(text))] == []
    assert OURS_ALONE.search('{"page": "r3.count"}')


def test_a_planner_who_plans_again_is_told_results_and_names_and_not_where_we_keep_them() -> None:
    page = "0f1e2d3c-0000-4000-8000-000000000001"
    made = {
        "work": KEPT,
        "from": "r2.decide/chair",
        "page": page,
        "more": [{"text": KEPT}],
    }
    failed = StepSpec("r2.tell", "notion.comment", "Tell", {"page": "step:r2.made", "text": "Done."})
    known = Known(
        so_far=SoFar(
            {"made": Step(StepSpec("r2.made", "notion.create_page", "Make"), StepStatus.SUCCEEDED, output=made)},
            (Step(failed, StepStatus.FAILED, error="gone"),),
        )
    )
    told = "\n".join(part.text for part in known.parts())
    assert OURS_ALONE.findall(told) == []
    assert '"page\\": \\"step:made\\"' in told
    assert page in told


def test_an_id_that_nothing_explains_is_missed() -> None:
    missed: set[str] = set()
    for name in SITUATIONS:
        for words in EXPLAINED.values():
            before, told, data = shown(name).partition("What stands between")
            missed |= set(unexplained_ids(one_line(before).replace(words, "…") + told + data))
    assert missed == set(EXPLAINED.values())
