"""The writes of a run in other systems: what was sent, what came of it, where it is, and whether it was taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_scope import address_of
from shared.app.resources.inventory import find_made, list_effects
from shared.core.documents.effect import CONFIRMED, INTENDED, REFUSED, Effect
from shared.core.run.run import Run, Step, StepStatus
from shared.integrations.systems import CHANNELS

DONE, UNCLEAR = "done", "unclear"
STATES: Mapping[str, str] = {CONFIRMED: DONE, INTENDED: UNCLEAR, REFUSED: REFUSED}
_NOTES = ("read-", "began", "doubt-", "wrong", "before")  # what a step has kept for itself, and sent to nobody
_PLACES = ("page", "database")  # of a result: what Notion has an address for


@dataclass(frozen=True, slots=True)
class Write:
    """One write; `step` is "" where it belongs to none, like a message. `taken_back` says how, "" while it stands."""

    id: str
    step: str
    kind: str
    system: str
    what: str
    state: str  # DONE, UNCLEAR or "refused"
    at: datetime
    url: str
    taken_back: str
    result: Mapping[str, Any]


def find_writes(deps: Deps, run: Run) -> list[Write]:
    """Return the writes of a run by ascending id; of steps it goes on with, those of the run that began them too.

    That is one reading of the records of each of these runs.
    """
    steps = {f"{step.home or run.id}.{step.id}": step for step in run.steps}
    homes = sorted({run.id, *(step.home for step in run.steps if step.home)})
    found = []
    for home in homes:
        things = {thing.effect: thing for thing in find_made(deps, run.tenant, home).things}
        for effect in list_effects(deps, run.tenant, home):
            scope, _, name = effect.id.rpartition(".")
            step = steps.get(scope)
            if _is_note(effect, name) or (step is None and home != run.id):
                continue
            thing = things.get(effect.id)
            url = (thing.url if thing is not None else "") or _find_address(deps, effect)
            gone = (thing.gone if thing is not None else "") or _describe_undo(step, name)
            system = (thing.system if thing is not None else "") or _find_system(effect, step, name)
            found.append(_describe(effect, step, name, (system, url, gone)))
    return found


def _describe(effect: Effect, step: Step | None, name: str, known: tuple[str, str, str]) -> Write:
    system, url, gone = known
    about = (step.id, step.spec.kind) if step is not None else ("", "")
    state = STATES.get(effect.state, UNCLEAR)
    return Write(effect.id, *about, system, name, state, effect.at, url, gone, effect.result or {})


def _is_note(effect: Effect, name: str) -> bool:
    return name.startswith(_NOTES) or set(effect.result or {}) == {"kept"}


def _find_address(deps: Deps, effect: Effect) -> str:
    result = effect.result or {}
    if result.get("url"):
        return str(result["url"])
    place = next((str(result[name]) for name in _PLACES if result.get(name)), "")
    return address_of(deps, place) if place else ""


def _find_system(effect: Effect, step: Step | None, name: str) -> str:
    """Return the system as far as the records say it: of a message its channel, else the one the step is about."""
    result = effect.result or {}
    if channel := next((each for each in CHANNELS if name.startswith(f"{each}-")), ""):
        return channel
    output = step.output if step is not None else {}
    family = step.spec.kind.partition(".")[0] if step is not None else ""
    return str(result.get("system") or result.get("of") or output.get("system") or family)


def _describe_undo(step: Step | None, name: str) -> str:
    is_undone = step is not None and step.status == StepStatus.UNDONE and not name.startswith("undo")
    return "taken back with its run" if is_undone else ""
