"""A model that chooses what nobody said moves nothing but what was said: through every vendor's wire format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.models.test_agents_over_the_wire import Always
from tests.support.servers.models.model_vendors import VENDORS, Rig, good, rig
from tests.unit.app.talk.conftest import built, world
from tests.unit.app.talk.utterances import CASES, Case
from tests.unit.app.talk.world import IDS, World

__all__ = ["built", "world"]

# What the model says, whatever was said: acts on something else, a made-up thing, nothing, and a question.
WRONG: dict[str, dict[str, Any]] = {
    "stops the budgets": {"intent": "cancel", "about": "run-budgets"},
    "stops what was spoken of": {"intent": "cancel", "about": ""},
    "plans another page": {"intent": "start", "about": IDS["party"]},
    "does another one over": {"intent": "retry", "about": "run-newsletter"},
    "changes the café": {"intent": "change", "about": "run-cafe"},
    "rejects what was not said": {"intent": "deny", "about": "run-motion"},
    "stops what it made up": {"intent": "cancel", "about": "run-secret"},
    "takes all for a question": {"intent": "explain", "about": "run-milk", "reply": "All is well."},
}
ROWS = [
    pytest.param(case, wrong, VENDORS[(number + turn) % len(VENDORS)], id=f"{case.said} [{case.about}]: {wrong}")
    for number, case in enumerate(CASES)
    for turn, wrong in enumerate(WRONG)
    if (number + turn) % 4 == 0
]


@pytest.fixture(scope="module")
def rigs() -> Iterator[dict[str, Rig]]:
    with requests.Session() as session:
        managers = {name: rig(name, session) for name in VENDORS}
        opened = {name: manager.__enter__() for name, manager in managers.items()}
        yield opened
        for manager in managers.values():
            manager.__exit__(None, None, None)


def choosing(rigs: dict[str, Rig], vendor: str, answer: dict[str, Any]) -> Always:
    """Return the vendor's model, which gives this answer to whatever it is asked."""
    there = rigs[vendor]
    there.endpoint.forget()
    text = json.dumps({"about": "", "reply": "", "language": "en", **answer}, ensure_ascii=False)
    there.endpoint.script([good(vendor, text)] * 6)
    return Always(there.provider, there.model)


@pytest.mark.parametrize(("case", "wrong", "vendor"), ROWS)
def test_a_model_that_chooses_wrongly_moves_nothing_else(
    rigs: dict[str, Rig], world: World, case: Case, wrong: str, vendor: str
) -> None:
    answer = world.says(case.said, case.about, choosing(rigs, vendor, WRONG[wrong]))
    assert world.done() in ("", case.done), answer.text
    if case.done and not world.done():
        assert "Say" in answer.text or "Sag" in answer.text or "Di" in answer.text
        assert answer.did == ""


RIGHT = {"stop": "cancel", "plan": "start", "retry": "retry"}


@pytest.mark.parametrize("case", [case for case in CASES if case.done], ids=lambda case: case.said)
def test_a_model_that_chooses_what_was_said_has_it_done(rigs: dict[str, Rig], world: World, case: Case) -> None:
    act, _, name = case.done.partition(" ")
    chosen = "" if act == "plan" else f"run-{name.replace('é', 'e')}"  # pages without a run are none it was shown
    vendor = VENDORS[len(case.said) % len(VENDORS)]
    world.says(case.said, case.about, choosing(rigs, vendor, {"intent": RIGHT[act], "about": chosen}))
    assert world.done() == case.done
