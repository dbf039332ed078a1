"""Two who keep the same preference in the same moment: what each was told stands in it."""

from __future__ import annotations

from shared.app.planning.feedback import Feedback
from shared.app.planning.preferences import change_preference, drop_preference, keep_preference, preferences_of
from shared.core.documents.preference import KIND
from tests.support.ports.interrupted_store import InterruptedStore
from tests.support.ports.local_ports import Ports

SAID = "Always write in German, please"


def _remark(number: int) -> Feedback:
    return Feedback(f"fb-{number}", "wish", "2026-03-02T09:00:00+00:00", f"run-{number}", "Ada Example", SAID)


def test_both_remarks_are_named_where_two_keep_them_at_once(ports: Ports) -> None:
    kept = keep_preference(ports.deps, "t-1", SAID, [_remark(1)], "rules")
    assert kept is not None
    place = ("t-1", KIND, kept.id)
    store = InterruptedStore(ports.store, place, lambda: keep_preference(ports.deps, "t-1", SAID, [_remark(2)], "m"))
    keep_preference(ports.with_deps(store=store).deps, "t-1", SAID, [_remark(3)], "rules")
    assert [one.sources for one in preferences_of(ports.deps, "t-1")] == [("fb-1", "fb-2", "fb-3")]


def test_a_persons_words_stand_that_come_while_the_rules_keep_the_same(ports: Ports) -> None:
    kept = keep_preference(ports.deps, "t-1", SAID, [_remark(1)], "rules")
    assert kept is not None
    place = ("t-1", KIND, kept.id)
    store = InterruptedStore(
        ports.store, place, lambda: change_preference(ports.deps, "t-1", kept.id, "Auf Deutsch", "Mira")
    )
    again = keep_preference(ports.with_deps(store=store).deps, "t-1", SAID, [_remark(2)], "rules")
    assert again is not None
    assert (again.text, again.by, again.sources) == ("Auf Deutsch", "Mira", ("fb-1", "fb-2"))


def test_what_a_person_deletes_meanwhile_stays_deleted(ports: Ports) -> None:
    kept = keep_preference(ports.deps, "t-1", SAID, [_remark(1)], "rules")
    assert kept is not None
    place = ("t-1", KIND, kept.id)
    store = InterruptedStore(ports.store, place, lambda: drop_preference(ports.deps, "t-1", kept.id))
    assert keep_preference(ports.with_deps(store=store).deps, "t-1", SAID, [_remark(1)], "rules") is None
    assert preferences_of(ports.deps, "t-1") == []
