"""What two keep in one document stands side by side, also where both were at it in the same moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.app.intake.accept_delivery import TOKEN, TOKEN_BEFORE, accept_delivery, arm_handshake
from shared.app.planning.feedback import note
from shared.app.planning.learn_preferences import learn
from shared.app.planning.preferences import learn_by_rules
from shared.core.documents.preference import STATE
from shared.ports import SYSTEM, Secret
from tests.support.builders.runs import begin
from tests.support.ports.interrupted_store import InterruptedStore
from tests.support.ports.local_ports import Ports, ScriptedModel, local_ports

WEBHOOK = (SYSTEM, "webhook", "notion")


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path) as found:
        yield found


def _interrupted(ports: Ports, place: tuple[str, str, str], then: Callable[[], object]) -> Any:
    return ports.with_deps(store=InterruptedStore(ports.store, place, then)).deps


def _hand_over(deps: Any, token: str) -> object:
    return accept_delivery(json.dumps({"verification_token": token}).encode(), "", deps)


def _body(ports: Ports, place: tuple[str, str, str]) -> dict[str, Any]:
    doc = ports.store.get(*place)
    assert doc is not None
    return dict(doc.body)


def _armed_over_an_old_token(ports: Ports) -> None:
    ports.deps.secrets.set(TOKEN, Secret("secret_" + "old"))
    arm_handshake(ports.deps)


def test_a_handshake_that_comes_twice_at_once_leaves_the_old_token_its_day(ports: Ports) -> None:
    _armed_over_an_old_token(ports)
    new = "secret_" + "new"
    _hand_over(_interrupted(ports, WEBHOOK, lambda: _hand_over(ports.deps, new)), new)
    assert "before_until" in _body(ports, WEBHOOK)
    assert ports.deps.secrets.get(TOKEN_BEFORE).reveal() == "secret_" + "old"


def test_arming_during_a_handshake_leaves_the_old_token_its_day(ports: Ports) -> None:
    _armed_over_an_old_token(ports)
    arm_handshake(_interrupted(ports, WEBHOOK, lambda: _hand_over(ports.deps, "secret_" + "new")))
    assert {"before_until", "armed_until", "verified"} == _body(ports, WEBHOOK).keys()


def test_the_rules_reading_on_while_the_model_is_asked_is_not_taken_back(ports: Ports) -> None:
    run = begin(run="run-1")[0]
    note(ports.deps, run, "wish", "Ada Example", "Always write in German, please")
    learn_by_rules(ports.deps, "t-1")
    ports.clock.move(hours=2)
    before = str(_body(ports, ("t-1", *STATE))["rules"])

    class Asked(ScriptedModel):
        def complete(self, request: Any) -> Any:
            ports.clock.move(hours=2)
            note(ports.deps, run, "wish", "Ada Example", "Never use red in tables")
            ports.clock.move(hours=2)
            learn_by_rules(ports.deps, "t-1")
            return super().complete(request)

    note(ports.deps, run, "wish", "Ada Example", "Blue looks better")
    learn(ports.deps, "t-1", Asked([{"preferences": []}]))
    kept = _body(ports, ("t-1", *STATE))
    assert kept.keys() == {"rules", "model"}
    last = max(doc.id for doc in ports.store.list_docs("t-1", "feedback"))
    assert before < kept["rules"] == last
