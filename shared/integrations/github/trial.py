"""Try a token of GitHub: whose it is, and whether it may make repositories where they are to be, and change them.

What a classic token may do GitHub says with each answer (X-OAuth-Scopes). What a fine-grained one may do it says
nowhere, so two calls ask for what cannot be: a repository without a name, and a branch at a commit that nobody has.
Who may not is answered 403 or 404, who may 422; nothing is made either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.errors import IntegrationError, Unauthorized
from shared.http_answers import Answer, vendor_message
from shared.http_client import HttpClient, Trace, segment
from shared.integrations.github.client import BASE_URL
from shared.integrations.github.wire import Wire, repo_path
from shared.integrations.token_looks import find_misfit
from shared.integrations.trial_result import TIMEOUTS, Given, Tried, discreet, tell_unclear
from shared.ports import Secret

_CLASSIC, _FINE = "classic", "fine-grained"
_MENU = "On GitHub open Settings › Developer settings › Personal access tokens"
_RIGHTS = "Administration, Contents, Issues and Pull requests on “Read and write”, Commit statuses on “Read-only”"
_NEW = (
    f"{_MENU}, make a classic token with the scope “repo”, or a fine-grained one for “All repositories” with "
    f"{_RIGHTS}; give that one."
)
_NO_COMMIT = "0" * 40
_REFUSED = (403, 404)


@discreet
def try_github(token: Secret, *, at: str = BASE_URL, owner: str = "", trace: Trace | None = None) -> Tried:
    """Say whether GitHub takes the token, and whether it may do the work at `owner`, "" for the token's own person.

    It has to be able to make repositories, and to change one that is there. Facts: login, kind ("classic" or
    "fine-grained"), scopes, expires ("2026-12-01", "" for never), owner, and workflows, whether it may change GitHub
    Actions ("yes", "no", or "unknown"): nothing needs that.
    """
    if why := find_misfit("github", token):
        return Tried(False, why, _NEW)
    wire = Wire(HttpClient("github", at, token, timeouts=TIMEOUTS, trace=trace))
    facts: dict[str, str] = {}
    try:
        me = wire.call("GET", "/user", accept=_REFUSED)
        if not me.ok:
            says = (
                "GitHub takes this token, but it belongs to no person: it is an app's, and lives for an hour at most."
            )
            return Tried(False, says, _NEW, facts)
        if not isinstance(me.json, Mapping) or not me.json.get("login"):
            return Tried(False, f"What answers at {at} is not GitHub: it names nobody.", "Check the address.", facts)
        facts |= _read_facts(me, token)
        facts["owner"] = owner or facts["login"]
        return _judge_token(wire, facts)
    except Unauthorized:
        says = "GitHub does not accept this token: it is not complete, has expired, or was revoked."
        return Tried(False, says, _NEW, facts)
    except IntegrationError as error:
        return tell_unclear("github", error, facts)


def _read_facts(me: Answer, token: Secret) -> dict[str, str]:
    scopes = me.headers.get("X-OAuth-Scopes")
    kind = _FINE if scopes is None or token.reveal().startswith("github_pat_") else _CLASSIC
    listed = [each.strip() for each in (scopes or "").split(",") if each.strip()]
    workflows = "unknown" if kind == _FINE else "yes" if "workflow" in listed else "no"
    return {
        "login": str(me.json.get("login") or ""),
        "kind": kind,
        "scopes": " ".join(listed),
        "expires": me.headers.get("GitHub-Authentication-Token-Expiration", "")[:10],
        "workflows": workflows,
    }


def _judge_token(wire: Wire, facts: Mapping[str, str]) -> Tried:
    login, owner = facts["login"], facts["owner"]
    if facts["kind"] == _CLASSIC and "repo" not in facts["scopes"].split():
        says = f"This token of {login} lacks the scope “repo”, so Workwright can neither make nor change repositories."
        way_out = f"{_MENU} › Tokens (classic), open the token, tick “repo”, and save; the token stays the same."
        return Tried(False, says, way_out, facts)
    if owner.lower() != login.lower() and (wrong := _wrong_owner(wire, facts)):
        return wrong
    if refused := _may_not_create(wire, facts):
        return refused
    existing = _find_repository(wire, owner) if facts["kind"] == _FINE else ""
    return _tried_repository(wire, facts, existing) if existing else _good(facts, "may make repositories")


def _good(facts: Mapping[str, str], what: str) -> Tried:
    until = f" until {facts['expires']}, when it expires" if facts["expires"] else ""
    return Tried(True, f"This token of {facts['login']} {what} at {facts['owner']}{until}.", facts=facts)


def _wrong_owner(wire: Wire, facts: Mapping[str, str]) -> Tried | None:
    owner, login = facts["owner"], facts["login"]
    found = wire.call("GET", f"/users/{segment(owner)}", accept=_REFUSED)
    if found.status == 404:
        way_out = f"Look at the name's spelling, or leave it out: repositories are then made at {login}."
        return Tried(False, f"There is no person or organisation “{owner}” on GitHub.", way_out, facts)
    if found.ok and found.json.get("type") == "User":
        says = f"“{owner}” is another person, and a token of {login} cannot make repositories there."
        return Tried(False, says, f"Give {login}, an organisation of theirs, or a token of {owner}.", facts)
    return None


def _may_not_create(wire: Wire, facts: Mapping[str, str]) -> Tried | None:
    """Ask for a repository without a name, which cannot be: 422 says that one with a name could."""
    own = facts["owner"].lower() == facts["login"].lower()
    path = "/user/repos" if own else f"/orgs/{segment(facts['owner'])}/repos"
    answer = wire.call("POST", path, json={"name": ""}, accept=(*_REFUSED, 422))
    return None if answer.status == 422 else _explain_refusal(answer, facts, "make repositories", "Administration")


def _find_repository(wire: Wire, owner: str) -> str:
    """Return a repository of the owner that the token reaches, "" where none is among the first hundred."""
    listed = wire.call("GET", "/user/repos", params={"per_page": 100, "sort": "updated"}, accept=_REFUSED)
    found: list[Any] = listed.json if listed.ok and isinstance(listed.json, list) else []
    names = (str(each.get("full_name", "")) for each in found if isinstance(each, Mapping) and not each.get("archived"))
    return next((name for name in names if name.lower().startswith(f"{owner.lower()}/")), "")


def _tried_repository(wire: Wire, facts: Mapping[str, str], name: str) -> Tried:
    """Ask for a branch at a commit that nobody has: 422 says that the token may make branches."""
    owner, _, short = name.partition("/")
    path = repo_path(owner, short)
    repository_answer = wire.call("GET", path, accept=_REFUSED)
    if not repository_answer.ok:
        if repository_answer.status == 404:
            says = f"There is no repository “{name}”, or this token of {facts['login']} does not reach it."
            way_out = (
                f"Make it, look at its spelling, or let the token reach it: {_MENU}, and the token's repositories."
            )
            return Tried(False, says, way_out, facts)
        return _explain_refusal(repository_answer, facts, f"see {name}", "Metadata")
    branch = {"ref": "refs/heads/workwright-try", "sha": _NO_COMMIT}
    answer = wire.call("POST", f"{path}/git/refs", json=branch, accept=(*_REFUSED, 409, 422))
    if answer.status in _REFUSED:
        return _explain_refusal(answer, facts, f"change {name}", "Contents")
    return _good(facts, "may make and change repositories")


def _explain_refusal(answer: Answer, facts: Mapping[str, str], what: str, right: str) -> Tried:
    """Put GitHub's refusal into words: single sign-on, an organisation's rules, or a right that the token lacks."""
    owner, message = facts["owner"], vendor_message(answer)
    sign_on = answer.headers.get("X-GitHub-SSO", "")
    if sign_on:
        says = f"{owner} lets tokens in only after single sign-on, and this one is not authorised for it."
        address = sign_on.partition("url=")[2]
        link = f", or open {address}" if address.startswith("https://github.com/orgs/") else ""
        way_out = f"{_MENU}; beside the token choose Configure SSO, and authorise {owner}{link}."
        return Tried(False, says, way_out, facts)
    if "forbids access" in message:
        says = f"{owner} does not let this kind of token in: {message.partition(' ')[2] or message}"
        way_out = (
            f"{_MENU} › Fine-grained tokens, make one with {owner} as its resource owner, for “All repositories”, "
        )
        return Tried(False, says, f"{way_out}with {_RIGHTS}, and with a life as short as {owner} asks.", facts)
    if "admin access" in message:
        says = f"{facts['login']} may not {what} at {owner}, whatever the token."
        way_out = f"An owner of {owner} can allow it under its Settings › Member privileges › Repository creation."
        return Tried(False, says, way_out, facts)
    if facts["kind"] == _FINE:
        says = f"This fine-grained token may not {what} at {owner}: “{right}” is not on “Read and write” there."
        way_out = (
            f"{_MENU} › Fine-grained tokens, and open the token: its resource owner must be {owner}, its repository "
            f"access “All repositories”, and its permissions {_RIGHTS}. An owner of an organisation may have to "
            "approve it."
        )
        return Tried(False, says, way_out, facts)
    says = f"{facts['login']} may not {what} at {owner}, or GitHub does not show {owner} to this token."
    way_out = f"Ask an owner of {owner} to make {facts['login']} a member who may create repositories, or name another."
    return Tried(False, says, way_out, facts)


def try_given(given: Given) -> Tried:
    """Try what a set-up or a person has given."""
    return try_github(given.token, at=given.at, owner=given.fact("owner"), trace=given.trace)
