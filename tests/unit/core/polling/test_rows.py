"""Who set a status, by two looks at a row: named only where the rows leave no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.polling.rows import Row, status_set_by

SHOWN = Row("2026-11-23T10:00:00.000Z", "us", "Plan ready", "link of the plan", "the rest")
SET = replace(SHOWN, editor="ada", status="Approved")  # in the minute of our own write


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (SHOWN, SET, "ada"),
        (SHOWN, replace(SET, version="2026-11-23T20:00:00.000Z"), "ada"),  # asleep in between: nothing else happened
        (replace(SHOWN, status="Planning", ours="an older link"), SET, "ada"),  # what we wrote in between is ours
        (SHOWN, replace(SET, editor="bot"), "bot"),  # who is no person, and is not taken for one
        # a bot, or another person, set it, and Ada edited something else
        (SHOWN, replace(SET, others="more"), ""),
        (replace(SET, editor="bot"), SET, ""),  # we saw it set before Ada came
        (replace(SET, editor="bot"), replace(SET, version="later"), ""),
        (SET, SET, ""),  # two looks that see the same
        # we asked something else in between, with a status of ours that no look has seen
        (replace(SET, asked="the plan"), replace(SET, version="later", ours="x", asked="what leaves"), "ada"),
        (replace(SET, asked="the plan"), replace(SET, version="later", ours="cost", asked="the plan"), ""),
        (replace(SET, asked="the plan"), replace(SET, others="more", asked="what leaves"), ""),
        (SET, replace(SET, version="later", asked="what leaves"), ""),  # a row kept before this was looked at
        (None, SET, ""),  # the first look at this row
        (SHOWN, replace(SET, editor=""), ""),
    ],
)
def test_the_last_editor_set_the_status_where_nothing_else_has_changed(
    before: Row | None, now: Row, expected: str
) -> None:
    assert status_set_by(before, now) == expected
