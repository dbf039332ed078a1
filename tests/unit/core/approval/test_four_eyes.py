"""Who may approve where two people have to agree: who they are decides, whatever they call themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.core.approval.four_eyes import find_bar
from shared.core.people.actor import Actor, ActorKind
from shared.core.people.members import person_id
from shared.core.run.run import Limits, Run, RunStatus, Step, StepSpec, StepStatus, Trigger
from shared.core.ship.shipping import Ship

PEOPLE = [
    {"id": "ada", "name": "Ada Example", "email": "ada@example.test", "slack_user": "U1"},
    {"id": "grace", "name": "Grace Example"},
]
ASK, TOGETHER = Ship(four_eyes=True), Ship(four_eyes=True, production="with_release")


def run(asked_by: str = "Ada Example", let_go_by: str = "Grace Example", prefix: str = "") -> Run:
    """Return a run that was asked for by one, and whose release another has approved."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    released = Step(StepSpec(f"{prefix}release", "approval.ask"), StepStatus.SUCCEEDED, output={"by": let_go_by})
    steps = (released, Step(StepSpec(f"{prefix}production", "approval.ask")))
    trigger = Trigger("page", "p", "Club", asked_by)
    return Run("t", "r", RunStatus.EXECUTING, trigger, Limits(), now, now, steps=steps)


@pytest.mark.parametrize(
    ("gate", "by", "via", "ship", "counts"),
    [
        ("approve", "Ada Example", "link", ASK, True),
        ("release", "Ada Example", "notion", ASK, True),
        ("release", "Ada Example", "notion", TOGETHER, False),  # that is production's approval too
        ("release", "Grace Example", "slack", TOGETHER, True),
        ("release", "x", "link", ASK, False),
        ("release", "the team's policy", "policy", ASK, False),
        ("production", "the team's policy", "policy", ASK, False),
        ("release", "Ada Example", "policy", ASK, False),  # whatever a policy is called
        ("release", "the team's policy", "policy", Ship(), True),
        ("release", "ci-key", "api", ASK, False),
        ("release", "U1", "api", ASK, True),
        ("production", "Ada Example", "notion", ASK, False),
        ("production", " ADA  example", "notion", ASK, False),
        ("production", "ada@example.test", "api", ASK, False),
        ("production", "Grace Example", "comment in Notion", ASK, False),
        ("production", "Bo Example", "notion", ASK, True),
        ("production", "Bo Example", "chat", ASK, False),
        ("production", "Ada Example", "link", Ship(), True),
    ],
)
def test_whose_word_counts(gate: str, by: str, via: str, ship: Ship, counts: bool) -> None:
    found = find_bar(run(), gate, by, via, ship, PEOPLE)
    assert (found is None) is counts
    assert found is None or (found.why and found.way_out)


def test_of_another_plan_its_own_release_counts() -> None:
    assert find_bar(run(prefix="r2."), "r2.production", "Grace Example", "slack", ASK, PEOPLE) is not None
    assert find_bar(run(let_go_by="Bo"), "production", "Grace Example", "slack", ASK, PEOPLE) is None


def test_who_asked_for_nothing_known_bars_nobody() -> None:
    assert find_bar(run(asked_by=""), "production", "Bo Example", "slack", ASK, []) is None


@pytest.mark.parametrize(
    ("by", "actor", "counts"),
    [
        ("Ada E.", "person:ada", False),  # the person of the settings, whatever she calls herself
        ("Ada E.", f"person:{person_id('slack:U1')}", False),  # the same as a member, by an account that is hers
        ("Ada Example", "person:p-1", False),  # nobody knows that this is another one of the name
        ("Bo", "person:p-2", True),
        ("Grace E.", "person:grace", False),
    ],
)
def test_a_persons_identities_are_one_person(by: str, actor: str, counts: bool) -> None:
    assert (find_bar(run(), "production", by, "page", ASK, PEOPLE, actor) is None) is counts


def _asked(by: str, actor: str) -> Run:
    """Return a run that somebody has asked for who is known by an id."""
    made = run()
    return replace(made, trigger=replace(made.trigger, by=by, actor=Actor(ActorKind.PERSON, actor, by)))


P_ADA = person_id("notion:n-ada")
BOUND = [{"id": "ada", "name": "Ada", "notion_user": "n-ada"}, {"id": "bo", "name": "Bo"}]


@pytest.mark.parametrize(
    ("asked", "by", "actor", "counts"),
    [
        ("p-1", "Ada", "person:p-1", False),
        ("p-1", "Another name", "person:p-1", False),  # by id alone
        ("p-1", "Ada", "person:p-2", True),  # two people of one name
        ("notion user n-ada", "A.", f"person:{P_ADA}", False),  # a stranger then, a member now
        (P_ADA, "A.", "person:notion user n-ada", False),
        ("notion user n-ada", "A.", "person:ada", False),  # and one of the settings
        ("p-2", "A.", "person:ada", False),  # one of the settings and a member of that name may be one
        ("p-2", "A.", "person:bo", True),
        ("notion user n-bo", "Ada", "person:notion user n-ada", True),
        ("p-1", "Ada", "", False),  # of who decided no more than a name was recorded
        ("p-1", "ada", "service:k-1", False),
        ("bo", "Whoever", "person:bo", False),
    ],
)
def test_people_are_told_apart_by_their_ids(asked: str, by: str, actor: str, counts: bool) -> None:
    found = find_bar(_asked("Ada", asked), "production", by, "page", ASK, BOUND, actor)
    assert (found is None) is counts
    let_go = _asked("Cy", "p-cy")
    released = replace(let_go.steps[0], output={"by": "Ada", "actor": f"person:{asked}"})
    let_go = replace(let_go, steps=(released, *let_go.steps[1:]))
    assert (find_bar(let_go, "production", by, "page", ASK, BOUND, actor) is None) is counts
