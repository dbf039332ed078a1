"""Whose a token is, what it may do: scopes of a classic one, permissions of a fine-grained one, rules of organisations.

Sources: docs.github.com, "Scopes for OAuth apps" (the header X-OAuth-Scopes; what is out of scope is answered 404),
"Permissions required for fine-grained personal access tokens" (403 with X-Accepted-GitHub-Permissions), "Authenticating
with SAML single sign-on" (403 with X-GitHub-SSO), "Setting a personal access token policy for your organization", and
"Token expiration" (GitHub-Authentication-Token-Expiration).
"""

from typing import TYPE_CHECKING, Any

from shared.local.simulators.github.calls import Caller, Refused

if TYPE_CHECKING:
    from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]


def find_caller(sim: "GitHubSimulator", token: str) -> Caller:
    """Return who calls; a token that is unknown, has expired or was revoked is answered alike."""
    known = sim.state["tokens"].get(token)
    if known is None or (known["expires_at"] and known["expires_at"] <= sim.stamp()):
        raise Refused(401, "Bad credentials")
    person = sim.person(known["login"])
    scopes = known.get("scopes")
    return Caller(
        person["login"],
        person["id"],
        person["type"],
        frozenset(known["owners"]),
        None if known["only"] is None else frozenset(known["only"]),
        known.get("permissions"),
        None if scopes is None else frozenset(scopes),
        _find_closed(sim, known) if person["type"] == "User" else {},
    )


def _find_closed(sim: "GitHubSimulator", known: Json) -> dict[str, str]:
    """Return the organisations that do not let this token in, each with why: "sso" or "classic"."""
    closed: dict[str, str] = {}
    for org, rules in sim.state.get("orgs", {}).items():
        if rules.get("sso") and org not in known.get("sso", []):
            closed[org] = "sso"
        if rules.get("classic") is False and known.get("permissions") is None:
            closed[org] = "classic"
    return closed


def headers_of(sim: "GitHubSimulator", token: str) -> dict[str, str]:
    """Return what GitHub tells of a person's token with every answer."""
    known = sim.state["tokens"].get(token)
    if known is None or sim.person(known["login"])["type"] != "User":
        return {}
    headers: dict[str, str] = {}
    if known.get("permissions") is None:
        scopes = known.get("scopes")
        headers["X-OAuth-Scopes"] = ", ".join(["repo", "workflow"] if scopes is None else scopes)
        headers["X-Accepted-OAuth-Scopes"] = ""
    if known["expires_at"]:
        headers["GitHub-Authentication-Token-Expiration"] = known["expires_at"].replace("T", " ").replace("Z", " UTC")
    return headers


def seed(sim: "GitHubSimulator", order: Json) -> None:
    """Make people, organisations with their rules, tokens and installations of an app.

    A token is a classic one with all scopes, unless `scopes` or `permissions` (then it is fine-grained) say less;
    `expires_at` and `sso` (organisations that it is authorised for) are its own, `revoked` ends it. An organisation's
    `rules` are `sso`, `classic: false` and `members_create: false`.
    """
    owners = [order["login"].lower()] if "login" in order else []
    for org in [order["org"]] if order.get("org") else []:
        sim.person(org, "Organization")
        owners.append(org.lower())
        if "rules" in order:
            sim.state.setdefault("orgs", {})[org.lower()] = order["rules"]
    if "installation_id" in order:
        sim.state["installations"][str(order["installation_id"])] = {
            "app_id": str(order["app_id"]),
            "slug": order.get("slug", "workshop-app"),
            "key": order.get("public_key", ""),
            "only": order.get("repositories"),
            "permissions": order.get("permissions", {}),
            "account": order.get("org") or order["login"],
        }
    if "login" in order:
        sim.person(order["login"])
    if "role" in order:
        sim.state.setdefault("roles", {})[f"{order['login']}/{order['org']}".lower()] = order["role"]
    if "token" in order:
        known: Json = {"login": order["login"], "owners": owners, "only": None, "expires_at": order.get("expires_at")}
        more: Json = {key: order[key] for key in ("scopes", "permissions", "sso") if key in order}
        sim.state["tokens"][order["token"]] = known | more
    if "revoked" in order:
        sim.state["tokens"].pop(order["revoked"], None)
    sim.touch()
