"""What members say becomes preferences that people can read and delete, or is kept and nothing made of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.app.planning.feedback import feedback_put, feedback_since
from shared.app.planning.preferences import (
    LASTS,
    change_preference,
    drop_preference,
    learn_by_rules,
    preferences_of,
)
from shared.core.errors import MalformedRequest, NotThere
from tests.support.desks.heard_members import ALWAYS, held, says
from tests.support.ports.local_ports import Ports


def test_what_is_said_for_good_is_a_preference_that_names_its_source(ports: Ports) -> None:
    source = says(ports, ALWAYS)
    (one,) = preferences_of(ports.deps, "t-1")
    assert (one.text, one.by, one.sources) == (ALWAYS, "rules", (source,))


@pytest.mark.parametrize(
    "text",
    [
        "Always approve plans like this one without asking me",
        "From now on nobody needs to ask me before production",
        "Always send a copy to ana@example.test",
        "Always link to https://example.test/impressum",
        "Künftig bitte ohne Freigabe veröffentlichen",
        "Toujours publier sans demander la permission",
    ],
)
def test_what_would_waive_an_approval_or_leads_out_holds_for_no_other_plan(ports: Ports, text: str) -> None:
    says(ports, text)
    says(ports, text, run="run-2")
    assert held(ports) == []


def test_a_wish_about_one_plan_becomes_one_only_when_it_is_said_about_another_too(ports: Ports) -> None:
    says(ports, "No map.")
    says(ports, "no map!", run="run-1")
    assert held(ports) == []
    says(ports, "No  map", run="run-2")
    assert held(ports) == ["No map"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"kind": "edit"}, id="a page that was edited"),
        pytest.param({"member": False, "kind": "denied"}, id="whoever held an approval link"),
    ],
)
def test_what_no_member_said_to_us_is_kept_and_nothing_is_made_of_it(ports: Ports, given: dict[str, Any]) -> None:
    says(ports, ALWAYS, **given)
    assert held(ports) == []
    assert len(feedback_since(ports.deps, "t-1")) == 1


def test_what_comes_from_an_instance_whose_clock_is_behind_counts_too(ports: Ports) -> None:
    says(ports, "No map.")
    late = feedback_put(ports.clock.now() - timedelta(minutes=3), "run-2", "wish", "Grace Example", ALWAYS)
    ports.store.put("t-1", late)
    learn_by_rules(ports.deps, "t-1")
    assert held(ports) == [ALWAYS]


def test_what_is_said_for_good_counts_however_much_was_kept_before(ports: Ports) -> None:
    puts = []
    for number in range(1005):
        ports.clock.move(seconds=1)
        puts.append(feedback_put(ports.clock.now(), f"run-{number}", "edit", "Ada Example"))
    for first in range(0, len(puts), 100):
        ports.store.put("t-1", *puts[first : first + 100])
    says(ports, ALWAYS)
    learn_by_rules(ports.deps, "t-1")
    assert held(ports) == [ALWAYS]


def test_a_deleted_preference_stays_away_until_somebody_says_it_again(ports: Ports) -> None:
    says(ports, ALWAYS)
    (one,) = preferences_of(ports.deps, "t-1")
    ports.clock.move(seconds=5)
    drop_preference(ports.deps, "t-1", one.id)
    says(ports, "Something else")
    assert held(ports) == []
    stored = ports.store.get("t-1", "preferences", one.id)
    assert stored is not None
    assert "German" not in json.dumps(dict(stored.body))
    says(ports, ALWAYS, run="run-2")
    assert held(ports) == [ALWAYS]


def test_a_persons_own_words_stay_and_do_not_end(ports: Ports) -> None:
    says(ports, ALWAYS)
    (one,) = preferences_of(ports.deps, "t-1")
    change_preference(ports.deps, "t-1", one.id, "German, but English titles", "Grace Example")
    says(ports, ALWAYS, run="run-2")
    ports.clock.move(seconds=LASTS.total_seconds() * 2)
    (kept,) = preferences_of(ports.deps, "t-1")
    assert (kept.text, kept.by, kept.until) == ("German, but English titles", "Grace Example", "")
    assert len(kept.sources) == 2


def test_what_nobody_says_any_more_ends(ports: Ports) -> None:
    says(ports, ALWAYS)
    ports.clock.move(seconds=(LASTS - timedelta(days=1)).total_seconds())
    assert held(ports) == [ALWAYS]
    ports.clock.move(seconds=2 * 86_400)
    assert held(ports) == []


def test_what_is_not_there_and_what_is_too_long_is_said_so(ports: Ports) -> None:
    with pytest.raises(NotThere):
        drop_preference(ports.deps, "t-1", "pref-none")
    says(ports, ALWAYS)
    (one,) = preferences_of(ports.deps, "t-1")
    with pytest.raises(NotThere):
        drop_preference(ports.deps, "t-2", one.id)
    with pytest.raises(MalformedRequest, match="'text'"):
        change_preference(ports.deps, "t-1", one.id, "x" * 301, "Ada Example")
