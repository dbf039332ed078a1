"""What members say about plans, as it is kept."""

from __future__ import annotations

from typing import Any

from shared.app.planning.feedback import note
from shared.app.planning.preferences import (
    learn_by_rules,
    preferences_of,
)
from shared.core.run.run import Run
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import Ports

ALWAYS = "Always write in German, please"


def a_run(name: str = "run-1") -> Run:
    return begin(run=name)[0]


def held(ports: Ports) -> list[str]:
    return [one.text for one in preferences_of(ports.deps, "t-1")]


def says(ports: Ports, text: str, *, run: str = "run-1", kind: str = "wish", **more: Any) -> str:
    ports.clock.move(seconds=1)
    kept = note(ports.deps, a_run(run), kind, "Ada Example", text, **more).id
    learn_by_rules(ports.deps, "t-1")
    return kept
