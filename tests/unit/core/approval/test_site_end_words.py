"""What people are told of runs that somebody has opened for a site alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.approval.roll_back_words import describe_site_end
from shared.core.run.run import Run, Trigger
from tests.support.builders.runs import begin, spec


def ended(kind: str) -> Run:
    run, _ = begin(spec("a"), trigger=Trigger(kind, "", "Bakery", "Ada Example"))
    return replace(run, failure="the host said no", facts={"taken_down": "https://a.example"})


@pytest.mark.parametrize(
    ("kind", "topic", "said"),
    [
        ("take-down", "run_succeeded", ("“Bakery” was taken down", "wanted that: its address shows nothing")),
        ("take-down", "run_failed", ("“Bakery” could not be taken down", "the host said no")),
        ("rollback", "run_succeeded", ("was rolled back", "see the previous version again")),
        ("rollback", "run_failed", ("could not be rolled back", "the host said no")),
    ],
)
def test_the_end_of_such_a_run_says_what_visitors_see(kind: str, topic: str, said: tuple[str, str]) -> None:
    found = describe_site_end(topic, ended(kind), "Bakery")
    assert found is not None
    assert said[0] in found[0]
    assert said[1] in found[1][0]


@pytest.mark.parametrize(("kind", "topic"), [("page", "run_succeeded"), ("take-down", "run_cancelled")])
def test_of_other_ends_it_says_nothing(kind: str, topic: str) -> None:
    assert describe_site_end(topic, ended(kind), "A page") is None
