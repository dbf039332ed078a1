"""The auditor that scenarios rely on: it finds what left without an approval, or under one that was void by then."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.run import acts
from shared.core.run import events as ev
from tests.support.builders.runs import after, at, begin, gate, opened, spec
from tests.support.measures.ship_audit import History, history, unauthorised

CHAIN = (
    spec("test"), spec("review", "test"), gate("release", "review"), spec("push", "release"),
    gate("production", "push"), spec("promote", "production"),
)  # fmt: skip
RUN = "run-0123456789"


def told() -> History:
    """Return a run: released at 10 s, sent back at 20 s, released again at 40 s, live from 50 s on."""
    events: list[ev.Event] = [opened(*CHAIN, run=RUN)]
    run, _ = begin(*CHAIN, run=RUN)

    def then(event: ev.Event) -> None:
        nonlocal run
        run, _ = after(run, event)
        events.append(event)

    then(ev.StepSucceeded(at(1), "test", 1))
    then(ev.StepSucceeded(at(2), "review", 1, {"binds": "b1"}))
    then(acts.ApprovalGranted(at(10), "release", "b1", "Ada Example"))
    then(acts.ReworkAsked(at(20), "test", "bluer", "Ada Example"))
    then(ev.StepSucceeded(at(30), "test", 2))
    then(ev.StepSucceeded(at(31), "review", 2, {"binds": "b2"}))
    then(acts.ApprovalGranted(at(40), "release", "b2", "Ada Example"))
    then(ev.StepSucceeded(at(45), "push", 2, {"binds": "b3"}))
    then(acts.ApprovalGranted(at(50), "production", "b3", "Ada Example"))
    return history(RUN, events)


def entry(seconds: float, kind: str, **detail: Any) -> dict[str, Any]:
    return {"at": at(seconds).isoformat(), "effects": [{"kind": kind, **detail}]}


@pytest.mark.parametrize(
    ("system", "seconds", "effect", "fine"),
    [
        ("github", 5, {"kind": "ref.create", "ref": "workwright/club-23456789"}, False),
        ("github", 12, {"kind": "ref.create", "ref": "workwright/club-23456789"}, True),
        ("github", 25, {"kind": "ref.update", "ref": "workwright/club-23456789"}, False),
        ("github", 41, {"kind": "ref.update", "ref": "workwright/club-23456789"}, True),
        ("gitlab", 5, {"kind": "commit.create", "branch": "workwright/club-23456789"}, False),
        ("vercel", 5, {"kind": "deployment.create", "id": "d1", "meta": {"run": RUN}}, False),
        ("vercel", 12, {"kind": "deployment.create", "id": "d1", "meta": {"run": RUN}}, True),
        ("vercel", 45, {"kind": "deployment.promote", "id": "d1"}, False),
        ("vercel", 51, {"kind": "deployment.promote", "id": "d1"}, True),
        ("vercel", 5, {"kind": "deployment.rollback", "id": "d1"}, True),
        ("github", 5, {"kind": "comment.create"}, True),
        ("cloud_storage", 5, {"kind": "object.write", "name": "preview/a/b/index.html"}, False),
        ("cloud_storage", 12, {"kind": "object.write", "name": "preview/a/b/index.html"}, True),
        ("cloud_storage", 45, {"kind": "object.write", "name": "live/a/b/index.html"}, False),
        ("cloud_storage", 51, {"kind": "object.write", "name": "live/a/b/index.html"}, True),
    ],
)
def test_it_measures_each_effect_by_the_approval_of_its_moment(
    system: str, seconds: float, effect: dict[str, Any], fine: bool
) -> None:
    made = [entry(45, "deployment.create", id="d1", meta={"run": RUN})] if "promote" in effect["kind"] else []
    journals = {system: [*made, entry(seconds, **effect)]}
    assert (unauthorised(journals, [told()]) == []) is fine


def test_what_is_done_for_a_run_is_not_covered_by_the_approval_of_another() -> None:
    other = history("run-9999999999", [opened(*CHAIN, run="run-9999999999")])
    journals = {"github": [entry(12, "ref.create", ref="workwright/club-99999999")]}
    assert unauthorised(journals, [told(), other]) != []
