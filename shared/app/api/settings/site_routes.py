"""The sites of a team: what visitors see of each, its releases, and how it is taken down."""

from __future__ import annotations

from typing import Any

from shared.app.api.cursors import NEXT_CURSOR
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, TIME, array, explain, members, ref, shape, text
from shared.app.api.route import RUN, Route
from shared.app.api.run.run_views import run_view
from shared.app.api.settings.team_lists import LIST_PAGE, find_begin, reply_with_page
from shared.app.ship.live_sites import MAX_RELEASES, LiveSite, Release, find_site, find_sites
from shared.app.ship.redeploy import redeploy
from shared.app.ship.take_down import take_down

_RELEASE = members(
    run=text(),
    title=text(),
    deployment=text(what="The host's id of the version."),
    previous=text(what="The version that was live before it; empty for none."),
    at=TIME,
    by=text(what="Who asked for the run."),
    approved_by=text(what="Who agreed that it goes live."),
    taken_back=explain(FLAG, "Whether visitors see the version before it again."),
    watched=explain(FLAG, "Whether it is still being watched."),
    note=text(what="Who took it back, and when."),
)
_DOWN = members(run=text(what="The run that has done it."), at=TIME, by=text())
VIEWS: dict[str, Any] = {
    "Site": members(
        id=text(),
        system=text(what="The host."),
        project=text(what="The host's id of the site."),
        url=text(),
        deployment=text(what="The version that visitors see, as far as we know; empty where there is none any more."),
        watched=FLAG,
        name=text(what="Its address without the scheme: what to confirm it with where it is taken down."),
        down={"anyOf": [_DOWN, {"type": "null"}], "description": "Who has taken it down; null while it is live."},
        releases=array(_RELEASE, f"The latest {MAX_RELEASES}, newest first."),
        count=explain(COUNT, "How many releases are listed."),
    ),
    "Sites": members(sites=array(ref("Site")), next_cursor=NEXT_CURSOR),
}


def list_sites(call: Call) -> ApiReply:
    """Return the team's sites; that reads the records of all that was put live."""
    after, limit = find_begin(call, "sites"), call.query["limit"]
    left = [site for site in find_sites(call.deps, call.tenant) if site.id > after]
    shown = left[:limit]
    return reply_with_page(
        call, "sites", [_view_site(site) for site in shown], shown[-1].id if len(left) > limit else ""
    )


def show_site(call: Call) -> ApiReply:
    """Return one site with its releases."""
    return ApiReply(body=_view_site(find_site(call.deps, call.tenant, call.parts["site"])))


def take_site_down(call: Call) -> ApiReply:
    """Take a site down, once: its address shows nothing until it is put live again."""
    run = take_down(call.deps, call.tenant, call.parts["site"], call.body["confirm"], call.who.actor)
    return ApiReply(body=run_view(run))


def redeploy_site(call: Call) -> ApiReply:
    """Put a release live again; people approve it as ever, and while it is at work asking again returns its run."""
    wanted = call.body.get("run", "")
    run = redeploy(call.deps, call.tools, call.tenant, call.parts["site"], wanted, call.who.actor)
    return ApiReply(body=run_view(run))


def _view_site(site: LiveSite) -> dict[str, Any]:
    down = site.down
    return {
        "id": site.id,
        "system": site.system,
        "project": site.project,
        "url": site.url,
        "deployment": site.deployment,
        "watched": site.releases[0].is_watched,
        "name": site.name,
        "down": {"run": down.run, "at": down.at.isoformat(), "by": down.by} if down is not None else None,
        "releases": [_view_release(each) for each in site.releases],
        "count": len(site.releases),
    }


def _view_release(release: Release) -> dict[str, Any]:
    return {
        "run": release.run,
        "title": release.title,
        "deployment": release.deployment,
        "previous": release.previous,
        "at": release.at.isoformat(),
        "by": release.by,
        "approved_by": release.approved_by,
        "taken_back": release.taken_back,
        "watched": release.is_watched,
        "note": release.note,
    }


SITE_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/sites", "runs.read", list_sites, "List sites", "Sites", query=LIST_PAGE, errors=(404,)),
    Route("GET", "/v1/sites/{site}", "runs.read", show_site, "Get a site with its releases", "Site"),
    Route(
        "POST", "/v1/sites/{site}/redeploy", "runs.steer", redeploy_site,
        "Put a release of a site live again, once it is approved", "Run", errors=(409,), goes_on=True,
        body=shape(run={**RUN, "description": "Whose release; else the latest one that was not taken back."}),
    ),
    Route(
        "POST", "/v1/sites/{site}/take-down", "sites.take_down", take_site_down,
        "Take a site down, confirmed with its name", "Run", errors=(409,), goes_on=True,
        body=shape(confirm=text(max_length=300, what="The site's `name`."), required=("confirm",)),
    ),
)  # fmt: skip
