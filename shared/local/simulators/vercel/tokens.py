"""Whose a token is, until when, and which team it is limited to.

Sources: vercel.com/docs/rest-api/reference, "Authentication" and "Errors" (403 forbidden with `invalidToken` for a
token that is wrong, expired or deleted); the text for a scope that a token does not reach is the API's own, as users of
zentered/vercel-preview-url quote it.
"""

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request

from shared.local.simulators.vercel.checks import Refused

if TYPE_CHECKING:
    from shared.local.simulators.vercel.simulator import VercelSimulator

Json = dict[str, Any]


def find_caller(sim: "VercelSimulator", request: Request) -> tuple[str, Json]:
    """Return the token and who calls, with the account that the call is about."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(401, "forbidden", "The request is missing an authentication token", missingToken=True)
    known = sim.state["tokens"].get(token.strip())
    if known is None or (known.get("expires_at") or 1e12) <= sim.now().timestamp():
        raise Refused(403, "forbidden", "Not authorized", invalidToken=True)
    wanted = request.args.get("teamId") or request.args.get("slug")
    team = next(
        (
            membership
            for membership in known["teams"]
            if wanted and wanted in (membership["id"], membership.get("slug"))
        ),
        None,
    )
    if wanted and team is None:
        raise Refused(403, "forbidden", "Not authorized: Trying to access resource under scope that is not yours.")
    limited = bool(known.get("team_only"))
    if limited and team is None and request.path != "/v2/user":
        scope = known["user"]["username"]
        words = (
            f'Not authorized: Trying to access resource under scope "{scope}". You must re-authenticate to this scope '
            "or use a token with access to this scope."
        )
        raise Refused(403, "forbidden", words, saml=True, teamId=None, scope=scope, enforced=False)
    return token, known | {"account": team["id"] if team else known["user"]["uid"]}


def seed(sim: "VercelSimulator", order: Json) -> None:
    """Make a token: whose, of which teams, until when (`expires_at`), whether for its teams alone (`team_only`).

    `revoked` ends one.
    """
    if "revoked" in order:
        sim.state["tokens"].pop(order["revoked"], None)
        return
    user = order.get("user") or "maker"
    teams = [team if isinstance(team, dict) else {"id": team} for team in order.get("teams", [])]
    who = {"uid": f"usr_{user}", "username": user, "email": f"{user}@example.com"}
    more: Json = {key: order[key] for key in ("expires_at", "team_only") if key in order}
    sim.state["tokens"][order["token"]] = more | {"user": who, "teams": teams}
