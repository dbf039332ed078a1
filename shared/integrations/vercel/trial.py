"""Try a token of Vercel: whose it is, and whether it reaches the account that sites are put into. It only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.errors import IntegrationError, Unauthorized
from shared.http_answers import Answer
from shared.http_client import HttpClient, Trace
from shared.integrations.token_looks import find_misfit
from shared.integrations.trial_result import TIMEOUTS, Given, Tried, discreet, tell_unclear
from shared.integrations.vercel.client import BASE_URL
from shared.ports import Secret

_MENU = "On vercel.com open Account Settings › Tokens"
_NEW = f"{_MENU}, make one with the scope “Full Account”, and give that one."


@discreet
def try_vercel(token: Secret, *, at: str = BASE_URL, trace: Trace | None = None) -> Tried:
    """Say whether Vercel takes the token, and whether it may see its person's projects. Facts: login, email."""
    if why := find_misfit("vercel", token):
        return Tried(False, why, _NEW)
    http = HttpClient("vercel", at, token, timeouts=TIMEOUTS, trace=trace)
    facts: dict[str, str] = {}
    try:
        me = http.call("GET", "/v2/user", judge=_find_refusal)
        if not me.ok:
            return _explain_limit(me, facts)
        user = me.json.get("user", me.json) if isinstance(me.json, Mapping) else {}
        if not isinstance(user, Mapping) or not user.get("username"):
            return Tried(False, f"What answers at {at} is not Vercel: it names nobody.", "Check the address.", facts)
        facts |= {"login": str(user["username"]), "email": str(user.get("email") or "")}
        projects = http.call("GET", "/v10/projects", params={"limit": "1"}, judge=_find_refusal)
        if not projects.ok:
            return _explain_limit(projects, facts)
    except Unauthorized:
        return _explain_refusal(facts)
    except IntegrationError as error:
        return tell_unclear("vercel", error, facts)
    return Tried(True, f"This token reaches the projects of {facts['login']} on Vercel.", facts=facts)


def _find_refusal(answer: Answer) -> Answer | None:
    return answer if answer.status in (401, 403) and "Retry-After" not in answer.headers else None


def _explain_refusal(facts: Mapping[str, str]) -> Tried:
    says = "Vercel does not accept this token: it is not complete, has expired, or was deleted."
    return Tried(False, says, _NEW, facts)


def _explain_limit(answer: Answer, facts: Mapping[str, str]) -> Tried:
    """Tell a token that is no good from one that is limited: Vercel answers both with 403."""
    body: Mapping[str, Any] = answer.json if isinstance(answer.json, Mapping) else {}
    error = body.get("error")
    error = error if isinstance(error, Mapping) else {}
    words = str(error.get("message") or "")
    if answer.status == 401 or error.get("invalidToken"):
        return _explain_refusal(facts)
    if error.get("enforced"):
        says = "The team asks for a sign-in of its own (SAML), and this token was made without it."
        return Tried(False, says, f"Sign in to the team in a browser; then, {_NEW[0].lower()}{_NEW[1:]}", facts)
    if error.get("scope"):
        says = "This token is limited to a team, and does not reach its person's own account, where sites are put."
        return Tried(False, says, _NEW, facts)
    return Tried(False, f"Vercel lets this token do nothing here: {words or 'no reason was given'}", _NEW, facts)


def try_given(given: Given) -> Tried:
    """Try what a set-up or a person has given."""
    return try_vercel(given.token, at=given.at, trace=given.trace)
