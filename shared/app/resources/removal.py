"""Take something away that was made elsewhere, because a person named it: a small run of one step does it, once."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.resources.inventory import SITE, Thing, away_run, find_made
from shared.core.errors import Conflicting, MalformedRequest, NotThere
from shared.core.run.events import RunOpened
from shared.core.run.run import Run, StepSpec, Trigger

_OURS = ("scope", "key")


def take_away(deps: Deps, tenant: str, thing: str, confirm: str, by: str) -> Run:
    """Open the run that takes it away, or return it when it is there already.

    Raises NotThere, MalformedRequest where `confirm` is not the name of the thing, and Conflicting for what cannot be
    taken away.
    """
    found = next((each for each in find_made(deps, tenant).things if each.id == thing), None)
    if found is None:
        raise NotThere(f"nothing that was made has the id {thing!r}", way_out="Look at the list: workwright made.")
    begun = deps.store.load_run(tenant, away_run(tenant, thing))
    if begun is not None:
        return begun.run
    if confirm != found.name:
        raise MalformedRequest(f"to take it away, confirm it with its name: {found.name}")
    if found.gone:
        raise Conflicting(f"{found.name} is gone already: {found.gone}", way_out="There is nothing to do.")
    if why := explain_refusal(found):
        raise Conflicting(f"{found.name} cannot be taken away: {why}", way_out="Do it by hand there.")
    place = {name: value for name, value in found.place.items() if name not in _OURS}
    given = {"what": found.what, "system": found.system, "place": place}
    step = StepSpec("take", "made.take_away", f"Take away {found.what} {found.name}", given, lane="deploy", vital=True)
    trigger = Trigger("take-away", title=f"Take away {found.name}", by=by)
    opened = RunOpened(deps.clock.now(), tenant, away_run(tenant, thing), trigger, deps.limits, (step,))
    return open_run(deps, opened)


def explain_refusal(thing: Thing) -> str:
    """Return why this cannot be taken away; "" where it can."""
    if thing.what == SITE:
        return f"its address goes with its project; to show the version before: workwright rollback {thing.run}"
    return ""
