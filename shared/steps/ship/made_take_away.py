"""made.take_away: take something away that we have made elsewhere, because a person named it; that is its approval.

What can be archived or put into the trash is; only what cannot be is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.core.errors import Missing, Rejected
from shared.integrations.notion.client.client import Notion
from shared.steps._forge import forge_of
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps.ship.sites._hosting import host_named

Way = Callable[[StepContext, str, Mapping[str, str]], str]


class TakeAway(Input):
    """What it is and where. Our code writes it, no plan."""

    what: str
    system: str
    place: dict[str, str]


def _run(wanted: TakeAway, ctx: StepContext) -> Done:
    way = _WAYS.get(wanted.what)
    if way is None:
        raise Rejected(wanted.system, f"a {wanted.what} cannot be taken away")
    done = ctx.do_idempotently("taken", lambda: {"how": _take_away(way, ctx, wanted)})
    return Done(done, facts={"taken_away": done["how"]})


def _take_away(way: Way, ctx: StepContext, wanted: TakeAway) -> str:
    try:
        return way(ctx, wanted.system, wanted.place)
    except Missing:
        return "was gone already"


def _repository(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    forge_of(ctx, place["owner"], place["name"], system=system).archive(place["owner"], place["name"])
    return "archived"


def _branch(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    forge = forge_of(ctx, place["owner"], place["name"], system=system)
    forge.delete_branch(place["owner"], place["name"], place["branch"])
    return "deleted"


def _change(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    forge, number = forge_of(ctx, place["owner"], place["name"], system=system), int(place["number"])
    now = forge.change(place["owner"], place["name"], number)
    if now.merged:
        raise Rejected(system, f"{now.url} was merged; that stays")
    if now.state == "open":
        forge.close_change(place["owner"], place["name"], number)
    return "closed"


def _project(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    host_named(ctx, system).remove_site(place["project"])
    return "deleted, with its deployments"


def _deployment(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    hosting = host_named(ctx, system)
    if place.get("project") and hosting.site(place["project"]).production == place["deployment"]:
        raise Rejected(system, "this deployment is live; roll it back first, or take its project away")
    hosting.cancel(place["deployment"])
    hosting.delete(place["deployment"])
    return "deleted"


def _page(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    notion = ctx.connect(Notion)
    if not notion.page(place["page"]).get("in_trash"):
        notion.update_page(place["page"], in_trash=True)
    return "in the trash"


def _database(ctx: StepContext, system: str, place: Mapping[str, str]) -> str:
    notion = ctx.connect(Notion)
    if not notion.database(place["database"]).get("in_trash"):
        notion.trash_database(place["database"])
    return "in the trash"


_WAYS: Mapping[str, Way] = {
    "repository": _repository,
    "branch": _branch,
    "pull request": _change,
    "project": _project,
    "deployment": _deployment,
    "page": _page,
    "database": _database,
}

MADE_TAKE_AWAY = StepKind(
    "made.take_away",
    "Take something away that was made in another system, because a person named it.",
    TakeAway,
    _run,
    Repeat.SAME_END,
    lane="deploy",
    needs_approval=False,
    plannable=False,
    vital=True,
)
