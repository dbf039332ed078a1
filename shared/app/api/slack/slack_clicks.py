"""A press of a button in Slack: genuine, by a member of the team who may, about exactly what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared import log
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.route import PERMISSIONS
from shared.app.api.slack.slack_door import verify_slack
from shared.app.approval.approvals import decide, read_token
from shared.app.engine.deps import Deps
from shared.app.engine.switches import standing_still_words
from shared.app.people.linking import confirm_code, find_linked
from shared.app.people.membership import members_of
from shared.core.errors import AgentError, Forbidden, RequestError
from shared.core.people.actor import Actor, ActorKind
from shared.core.people.linked_accounts import account_id
from shared.core.text.sentence import end_sentence
from shared.integrations.slack.answering import is_answer_address, post_answer, show_alone
from shared.integrations.slack.client import Click, Slack, parse_click
from shared.integrations.slack.notes import escape_text
from shared.ports.documents import tenant_settings

MAY_DECIDE = PERMISSIONS["runs.decide"] or frozenset()
LINK = "link"  # the name of the button that links an account with a person
_UNKNOWN = "This Workwright does not know you yet, so nothing was decided."


def take_click(call: Call) -> ApiReply:
    """Decide what the press says. If Slack's signature is valid the answer is 200, and says why if it did not count.

    Raises BadSignature, MalformedRequest, and NotThere where Slack is not set up.
    """
    verify_slack(call)
    click = parse_click(call.request.body)
    body = carry_out(call.deps, click)
    show(call.deps, click, body)
    return ApiReply(body=body)


def carry_out(deps: Deps, click: Click) -> dict[str, Any]:
    """Do what a press says that is known to come from Slack; return what to show to who pressed, if anything."""
    if click.action == LINK:
        return show_alone(escape_text(_link(deps, click)))
    if click.action not in ("approve", "deny"):
        return {}  # a button that only opens a link
    return show_alone(escape_text(_decide(deps, click)))


def name_account(workspace: str, user: str) -> str:
    """Return what an account of Slack is known by."""
    return account_id(Slack.system, workspace, user)


def explain_linking(deps: Deps) -> str:
    """Return how somebody says who they are, in sentences."""
    return (
        f"Get a code at {deps.public_url}/account, or in a terminal with: workwright slack\n"
        "Then type here: /workwright link CODE"
    )


def _decide(deps: Deps, click: Click) -> str:
    """Decide, and return what the person is told."""
    try:
        asked = read_token(deps, click.value)
        presser, role = _find_presser(deps, asked.tenant, click)
        if presser is None:
            ask_owner = "Ask its owner to add your Slack user id."
            return f"{_UNKNOWN} {explain_linking(deps) if members_of(deps, asked.tenant).people else ask_owner}"
        if role not in MAY_DECIDE:
            raise Forbidden("your role allows you to look at plans, but not to decide about them")
        yes = click.action == "approve"
        run = decide(deps, asked, approve=yes, by=presser.name, via="slack", actor=presser)
    except RequestError as error:
        return f"That did not count: {end_sentence(str(error))} {error.way_out}".strip()
    word = "Approved" if click.action == "approve" else "Denied"
    return f"{word}: “{run.trigger.title or run.id}”. {standing_still_words(deps, run)}".strip()


def _find_presser(deps: Deps, tenant: str, click: Click) -> tuple[Actor | None, str]:
    """Return who pressed, and their role now; None for nobody we know.

    In a team without members, as earlier versions made them, it is who the settings give this Slack user to.
    """
    linked = find_linked(deps, tenant, name_account(click.team, click.user))
    if linked is not None:
        return Actor(ActorKind.PERSON, linked.person, linked.member.name), linked.member.role
    person: Mapping[str, Any] | None = None
    if click.user and not members_of(deps, tenant).people:
        people = tenant_settings(deps.store, tenant).people
        person = next((each for each in people if each.get("slack_user") == click.user), None)
    if person is None:
        return None, ""
    name = str(person.get("name") or person["id"])
    return Actor(ActorKind.PERSON, str(person["id"]), name), str(person.get("role") or "viewer")


def _link(deps: Deps, click: Click) -> str:
    try:
        linked = confirm_code(deps, name_account(click.team, click.user), click.value)
    except RequestError as error:
        return f"Nothing was linked: {end_sentence(str(error))} {error.way_out}".strip()
    return f"Linked: what you press and type here counts as {linked.member.name}, {linked.member.role} of your team."


def show(deps: Deps, click: Click, body: Mapping[str, Any]) -> None:
    """Show the outcome to who pressed. Slack shows nothing of our answer itself; it takes messages at this address.

    The decision stands whether this works or not, and Slack waits three seconds for all of it.
    """
    if not body or not is_answer_address(click.response_url, deps.public_url):
        return
    try:
        post_answer(click.response_url, deps.public_url, body)
    except (AgentError, ValueError) as error:
        log.line("WARNING", "click not answered", function="api", error=type(error).__name__)
