"""Try a token of GitLab: its scopes, and whether its person may make projects where they are to be. It only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.core.errors import IntegrationError, Unauthorized
from shared.http_answers import Answer
from shared.http_client import HttpClient, Trace
from shared.integrations.gitlab.wire import Wire, encode_path, read_error_code, read_error_message
from shared.integrations.token_looks import find_misfit
from shared.integrations.trial_result import TIMEOUTS, Given, Tried, discreet, tell_unclear
from shared.ports import Secret

HOST = "https://gitlab.com"
_MENU = "In GitLab open your picture › Edit profile › Access › Personal access tokens"
_NEW = f"{_MENU}, make one with the scope “api”, and give that one."
_ROLES = {10: "Guest", 15: "Planner", 20: "Reporter", 30: "Developer", 40: "Maintainer", 50: "Owner"}
_DEVELOPER = 30
_CREATES = {"developer": _DEVELOPER, "maintainer": 40, "owner": 50}  # `project_creation_level` of a group
_REFUSED = (401, 403, 404)


@discreet
def try_gitlab(
    token: Secret,
    *,
    at: str = HOST,
    owner: str = "",
    trace: Trace | None = None,
    plain: bool = False,
) -> Tried:
    """Say whether GitLab at `at` takes the token, and whether it may do the work at `owner`, "" for its own person.

    It has to be able to make projects. `plain` lets the token travel unencrypted, to a host that the operator allows.
    Facts: login, scopes, expires ("2026-12-01", "" for never), host, owner.
    """
    if why := find_misfit("gitlab", token):
        return Tried(False, why, _NEW)
    if why := _wrong_host(at, plain):
        return Tried(False, why, f"Give the address that people open in a browser, as in {HOST}.")
    facts = {"host": at}
    wire = Wire(HttpClient("gitlab", at, token, timeouts=TIMEOUTS, trace=trace))
    try:
        me = wire.call("GET", "/user", accept=_REFUSED)
        if not me.ok or not isinstance(me.json, Mapping) or "username" not in me.json:
            return _explain_not_taken(me, facts)
        about = wire.call("GET", "/personal_access_tokens/self", accept=(400, 403, 404))
        facts |= {"login": str(me.json["username"]), **_read_token_facts(about)}
        facts["owner"] = owner or facts["login"]
        return _judge_token(wire, me.json, facts)
    except Unauthorized:  # it was taken a moment ago
        return Tried(
            False, f"GitLab at {at} no longer accepts this token: it has just expired or was revoked.", _NEW, facts
        )
    except IntegrationError as error:
        return tell_unclear("gitlab", error, facts)


def _wrong_host(at: str, plain: bool) -> str:
    parts = urlsplit(at)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"“{at}” is not the address of a GitLab."
    if parts.scheme == "http" and not plain and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return f"{at} is not encrypted, so the token would be readable on the way; it was not sent."
    return ""


def _explain_not_taken(answer: Answer, facts: Mapping[str, str]) -> Tried:
    host, words = facts["host"], read_error_message(answer)
    if answer.status == 403 and read_error_code(answer) != "insufficient_scope":
        says = f"GitLab at {host} takes this token, and lets its person do nothing: {words or 'no reason was given'}."
        return Tried(False, says, "Sign in there in a browser: terms or a new password may be waiting.", facts)
    if answer.status == 403:
        return _explain_missing_scope(facts)
    if answer.status == 401:
        return Tried(False, _explain_refusal(host, read_error_code(answer), words), _NEW, facts)
    return Tried(False, f"There is no GitLab at {host}.", f"Give the address alone, as in {HOST}.", facts)


def _explain_refusal(host: str, code: str, words: str) -> str:
    """Say what is wrong with a refused token: by its code GitLab tells one that is over from one it does not know."""
    if code == "invalid_token":
        return f"GitLab at {host} no longer accepts this token: “{words}”"
    return f"GitLab at {host} does not accept this token: it is not complete, or belongs to another GitLab."


def _explain_missing_scope(facts: Mapping[str, str]) -> Tried:
    says = "This token lacks the scope “api”, so Workwright can neither make nor change projects."
    return Tried(False, says, f"{_MENU}, make another with “api”, because a token's scopes cannot be changed.", facts)


def _read_token_facts(answer: Answer) -> dict[str, str]:
    """Return what a personal, project or group token says of itself; others are not told."""
    token: Mapping[str, Any] = answer.json if answer.ok and isinstance(answer.json, Mapping) else {}
    scopes = token.get("scopes")
    return {"scopes": " ".join(map(str, scopes or ())), "expires": str(token.get("expires_at") or "")}


def _judge_token(wire: Wire, me: Mapping[str, Any], facts: Mapping[str, str]) -> Tried:
    if facts["scopes"] and "api" not in facts["scopes"].split():
        return _explain_missing_scope(facts)
    if facts["owner"].lower() != facts["login"].lower():
        return _wrong_group(wire, str(me["id"]), facts) or _good(facts, "may make projects")
    if me.get("can_create_project") is False:
        says = f"{facts['login']} may not make projects of their own at {facts['host']}."
        return Tried(False, says, "Name a group where they may, or ask that GitLab's administrator.", facts)
    return _good(facts, "may make projects")


def _good(facts: Mapping[str, str], what: str) -> Tried:
    until = f" until {facts['expires']}, when it expires" if facts["expires"] else ""
    return Tried(True, f"This token of {facts['login']} {what} at {facts['owner']}{until}.", facts=facts)


def _wrong_group(wire: Wire, person: str, facts: Mapping[str, str]) -> Tried | None:
    owner, login = facts["owner"], facts["login"]
    group = wire.call("GET", f"/groups/{encode_path(owner)}", accept=(403, 404))
    if not group.ok:
        says = f"There is no group “{owner}” at {facts['host']} that {login} can see."
        way_out = (
            f"Look at its spelling, ask one of its owners to add {login}, or leave it out: projects are then {login}'s."
        )
        return Tried(False, says, way_out, facts)
    member = wire.call("GET", f"/groups/{encode_path(owner)}/members/all/{person}", accept=(403, 404))
    has = int(member.json.get("access_level") or 0) if member.ok else 0
    rule = str(group.json.get("project_creation_level") or "developer")
    needed = _CREATES.get(rule, 99)
    if has >= needed:
        return None
    says = f"{login} {_describe_role(has)} in the group {owner}, and may not make projects there."
    if needed == 99:
        way_out = f"The group lets nobody make projects: an owner can change that under {owner} › Settings › General."
        return Tried(False, says, f"{way_out[:-1]} › Permissions and group features.", facts)
    way_out = f"Ask an owner to make {login} at least a {_ROLES[needed]} under {owner} › Manage › Members."
    return Tried(False, says, way_out, facts)


def _describe_role(level: int) -> str:
    return f"is a {_ROLES.get(level, 'member')}" if level else "has no role"


def try_given(given: Given) -> Tried:
    """Try what a set-up or a person has given."""
    return try_gitlab(given.token, at=given.at, owner=given.fact("owner"), plain=given.plain, trace=given.trace)
