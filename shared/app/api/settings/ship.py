"""How a tenant's work is shipped: where to, by which policy, and who has to agree. Read by all, set by its owners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, TEXTS, Schema, choice, lists, members, number, shape, text
from shared.app.code.snapshots import keep_days
from shared.app.ship.site_environment import forget_value, keep_value, list_values
from shared.app.tenants.settings_changes import change_sections
from shared.core.errors import Conflicting
from shared.core.ship.policy import policy_to_data
from shared.core.ship.shipping import AFTER_REVIEW, ASK, FILES, GIT, NEVER, WHEN_GREEN, WITH_RELEASE
from shared.core.tenants.sections import Bodies
from shared.integrations.ship_policy import read_policy
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import FORGES, HOSTS
from shared.ports import Secret
from shared.ports.documents import all_settings

_PATTERNS = (
    "Path patterns: `*` matches within a name, `**` across folders, a name without `/` in any "
    "folder, `folder/` all that is below it."
)
_NAME = "^[A-Za-z0-9._-]{0,100}$"
_DAY_S = 86_400


def _part(fields: Mapping[str, Schema], what: str) -> dict[str, Any]:
    return {**shape(**fields), "maxProperties": len(fields), "description": what}


_CODE = _part(
    {
        "system": choice("", *FORGES),
        "owner": text("^[A-Za-z0-9._/-]{0,200}$", what="A user, organisation or group."),
        "repository": text(_NAME, what="Leave it empty to give each page a repository of its own."),
        "private": FLAG,
        "reviewers": lists(text(_NAME), 15, what="Who is asked to review a change."),
        "labels": lists(text(max_length=50), 20, what="The labels to put on each change."),
        "draft": FLAG,
        "merge": choice(NEVER, AFTER_REVIEW, WHEN_GREEN),
        "checks_start_s": number(10, _DAY_S),
        "checks_end_s": number(10, _DAY_S),
    },
    "Where code goes, and what becomes of a change. If the system is empty, the connected one is used.",
)
_VARIABLE = _part(
    {"name": text("^[A-Za-z_][A-Za-z0-9_]{0,99}$"), "secret": text("^[A-Za-z0-9._-]{1,100}$")},
    "A variable of the site.",
)
_SITE = _part(
    {
        "system": choice("", *HOSTS),
        "source": choice(FILES, GIT),
        "environment": lists(
            _VARIABLE, 50, what="The site's variables, and the name under which the value of each is stored."
        ),
        "watch_s": number(0, _DAY_S),
    },
    "Where sites go, and how long a new version is watched.",
)
_POLICY = _part(
    {
        "may_change": lists(text(max_length=200), 100, what=_PATTERNS),
        "must_not_change": lists(text(max_length=200), 100, what=_PATTERNS),
        "protected": lists(
            text(max_length=200), 100, what=f"Files that decide what runs on other machines. {_PATTERNS}"
        ),
        "most_files": number(1, 5_000),
        "most_bytes": number(1, 100_000_000),
        "most_file_bytes": number(1, 20_000_000),
        "dependencies_allowed": lists(text(max_length=214), 100, what="The names of packages; empty for all."),
        "dependencies_denied": lists(text(max_length=214), 100, what="The names of packages."),
        "dependency_age_days": number(0, 3_650),
        "licences_allowed": lists(text("^[A-Za-z0-9.+-]{1,80}$"), 100, what="SPDX identifiers."),
        "unknown_licence": choice("block", "warn", "note"),
    },
    "Which files may be changed, and what may leave.",
)
APPROVALS: Mapping[str, Schema] = {"production": choice(ASK, WITH_RELEASE), "four_eyes": FLAG}
_APPROVALS = _part(
    APPROVALS,
    (
        "Whether going live needs an approval of its own, and whether that has to come from somebody "
        "other than the person who asked for the work or approved what left."
    ),
)
_VERSIONS = _part(
    {"keep_days": number(1, 3_650)},
    "How long the versions of a run's work and their reports are kept after the run has ended.",
)
_PARTS = {"code": _CODE, "site": _SITE, "policy": _POLICY, "approvals": _APPROVALS, "versions": _VERSIONS}
CHANGE = shape(**_PARTS)
SHIP = members(**_PARTS)
SET_VALUE = shape(
    name=text("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", what="The name that ship.site.environment gives as `secret`."),
    value={**text(max_length=5_000, what="The value; leave it empty to delete it."), "writeOnly": True},
    required=("name", "value"),
)
SITE_VALUES = members(names=TEXTS)


def show_ship(call: Call) -> ApiReply:
    """Return all rules, including those that nobody has set."""
    return ApiReply(body=_view(all_settings(call.deps.store, call.tenant)))


def set_ship(call: Call) -> ApiReply:
    """Set the parts that are given, each as a whole: what a part leaves out has its default again.

    What waits for an approval now is asked again where it would go elsewhere. Raises Conflicting for what contradicts.
    """
    given = dict(call.body)
    if "policy" in given:
        default = policy_to_data(read_policy({}))
        given["policy"] = {name: value for name, value in given["policy"].items() if value != default[name]}

    def set_parts(bodies: Bodies) -> Bodies:
        body = {**bodies.settings, "ship": {**(bodies.settings.get("ship") or {}), **given}}
        _refuse_contradictions(_view(body))
        return replace(bodies, settings=body)

    return ApiReply(body=_view(change_sections(call.deps, call.tenant, call.who.actor, set_parts).settings))


def _refuse_contradictions(view: Mapping[str, Any]) -> None:
    if view["code"]["checks_end_s"] < view["code"]["checks_start_s"]:
        way_out = "Set code.checks_end_s to at least code.checks_start_s."
        raise Conflicting(
            "code.checks_end_s is less than code.checks_start_s: checks would have to end before they begin",
            way_out=way_out,
        )
    if view["policy"]["most_file_bytes"] > view["policy"]["most_bytes"]:
        way_out = "Set policy.most_bytes to at least policy.most_file_bytes."
        raise Conflicting(
            (
                "policy.most_file_bytes is more than policy.most_bytes: one file could be larger than all "
                "files together may be"
            ),
            way_out=way_out,
        )


def _view(settings: Mapping[str, Any]) -> dict[str, Any]:
    ship = ship_of(settings)
    code, site = asdict(ship.code), asdict(ship.site)
    code |= {name: int(code[name]) for name in ("checks_start_s", "checks_end_s")}
    code |= {name: list(code[name]) for name in ("reviewers", "labels")}
    site["environment"] = [dict(each) for each in site["environment"]]
    if site["watch_s"] is None:
        del site["watch_s"]
    else:
        site["watch_s"] = int(site["watch_s"])
    approvals = {"production": ship.production, "four_eyes": ship.four_eyes}
    versions = {"keep_days": keep_days(settings)}
    policy = policy_to_data(read_policy(ship.policy))
    return {"code": code, "site": site, "policy": policy, "approvals": approvals, "versions": versions}


def show_site_values(call: Call) -> ApiReply:
    """Return the names of the stored values, and never a value."""
    return ApiReply(body={"names": list_values(call.deps, call.tenant)})


def set_site_value(call: Call) -> ApiReply:
    """Store a value under its name, encrypted, in place of the old one."""
    name, value = str(call.body["name"]), str(call.body["value"])
    if value:
        keep_value(call.deps, call.tenant, name, Secret(value))
    else:
        forget_value(call.deps, call.tenant, name)
    return show_site_values(call)
