"""A team's first hour: how far it has got, and what a person does there. It can be left, and gone on with later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shared.accounts.grants import grant_of, holds
from shared.app.engine.deps import Deps
from shared.app.notify.recipients import describe_channels, list_everybody
from shared.app.people.invitations import invitations_of
from shared.app.people.membership import members_of
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_order import load_setup
from shared.app.workspace.workspace_schemas import KINDS
from shared.core.documents.codec import to_body
from shared.core.people.first_hour import PLACE, FirstHour, Known, Step, list_steps
from shared.core.run.run import Run
from shared.integrations.systems import FORGES, SYSTEMS, name_channel
from shared.ports import change_as, get_as
from shared.ports.documents import tenant_settings

EXAMPLE = """# Bicycle market

A page for our bicycle market, so that people know when to come and what to bring.

- Saturday, 9 May, from 10 to 14, in front of the fire station
- Sellers come at 9 and bring a table
- Tea and cake at the youth club's stall

## For sellers

No fee. Please write the price on a piece of paper and tie it to the bicycle.
"""


def find_steps(deps: Deps, tenant: str, person: str = "") -> list[Step]:
    """Return the steps as they stand now, for a person of the team; "" for a key that is nobody's."""
    settings, setup, hour = tenant_settings(deps.store, tenant), load_setup(deps, tenant), load_hour(deps, tenant)
    run = deps.store.load_run(tenant, hour.example) if hour.example else None
    grant = grant_of(deps.store, tenant, "notion")
    known = Known(
        connected=grant is not None and grant.connected,
        databases=sum(database_of(to_body(settings), kind) is not None for kind in KINDS),
        wanted=len(KINDS),
        setup=setup.state,
        problem=setup.problem or "",
        why=setup.why,
        lacking=setup.lacking,
        guest=setup.guest,
        workspace=str(grant.public.get("workspace_name") or "") if grant is not None else "",
        pages=len(setup.pages or ()),
        forges=[SYSTEMS[each].title for each in FORGES if holds(deps.store, tenant, each)],
        budget=bool(settings.budget),
        example=run.run.status.value if run is not None else "",
        later=hour.later,
        colleagues=sum(bool(each.role) for who, each in members_of(deps, tenant).people.items() if who != person),
        invited=len(invitations_of(deps, tenant)),
        channels=_name_channels(deps, tenant, person),
    )
    return list_steps(known)


def _name_channels(deps: Deps, tenant: str, person: str) -> list[str]:
    everybody = list_everybody(deps, tenant, tenant_settings(deps.store, tenant).people) if person else []
    mine = next((each for each in everybody if each.member == person), None)
    return [name_channel(each) for each in describe_channels(mine)] if mine is not None else []


def load_hour(deps: Deps, tenant: str) -> FirstHour:
    """Return what the team has said on the way."""
    return get_as(FirstHour, deps.store, (tenant, *PLACE)) or FirstHour()


def leave_for_later(deps: Deps, tenant: str, step: str) -> None:
    """Note that a step is for later."""
    _change(deps, tenant, lambda hour: hour if step in hour.later else replace(hour, later=(*hour.later, step)))


def try_example(deps: Deps, tenant: str, open_text: Callable[[str, str], Run]) -> Run:
    """Have the example written into Ideas and planned, once for each team; `open_text` takes the text and the request.

    Raises what it raises.
    """
    run = open_text(EXAMPLE, "the example of the first hour")
    deps.crash_point("first-hour.after/run")
    _change(deps, tenant, lambda hour: replace(hour, example=run.id))
    return run


def _change(deps: Deps, tenant: str, change: Callable[[FirstHour], FirstHour]) -> None:
    change_as(FirstHour, deps.store, (tenant, *PLACE), lambda hour: change(hour or FirstHour()), deps.stand_back)
