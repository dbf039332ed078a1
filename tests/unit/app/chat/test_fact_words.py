"""The record of a run says what each of its facts is."""

from __future__ import annotations

from dataclasses import replace

from shared.app.chat.chat_facts import facts_of
from shared.core.run.run import RunStatus
from tests.support.builders.runs import begin

SITE = "https://bakery.example"
FACTS = {
    "files": 5, "tests": 22, "sandbox": "bubblewrap", "site": SITE, "verified": 13, "by_tests": 2,
    "question": "Which colour?", "rolled_back": {"at": "2026-11-23T09:00:00+00:00", "by": "Ada", "run": "run-2"},
    "edited": {"at": "2026-11-23T08:00:00+00:00", "by": "Bob", "changes": ["a new price"]},
}  # fmt: skip


def test_no_fact_is_told_by_the_name_of_its_field() -> None:
    told = facts_of(replace(begin()[0], facts=FACTS)).splitlines()[1:]
    assert told == [
        "Files written or changed: 5",
        "Tests that passed: 22",
        "The sandbox that they ran in: bubblewrap",
        "Live site: bakery[.]example",
        "Found on the preview: 13 of 15 requirements (tests alone cover 2 that no text can show)",
        "Not in it: the page was changed on 23 Nov at 08:00 UTC by Bob.",
        "  a new price",
        "Rolled back by Ada on 23 Nov at 09:00 UTC: visitors see the previous version.",
        "Cost so far: 0.00 US dollars.",
    ]


def test_a_run_that_has_ended_costs_nothing_more() -> None:
    ended = replace(begin()[0], status=RunStatus.SUCCEEDED)
    assert facts_of(ended).splitlines()[-1] == "Cost: 0.00 US dollars."
