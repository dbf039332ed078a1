"""`/workwright` in Slack: what is known is answered at once, what takes longer is ordered, and answered when done."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import matches
from shared.app.api.route import PERMISSIONS, RUN
from shared.app.api.slack.slack_clicks import LINK, explain_linking, name_account
from shared.app.api.slack.slack_door import verify_slack
from shared.app.approval.approvals import approval_token, approval_url, asked_now
from shared.app.connections.messenger_places import tenant_at
from shared.app.engine.deps import Deps
from shared.app.engine.switches import describe_pause
from shared.app.installation.status import status_of
from shared.app.intake.messenger_orders import order_ask
from shared.app.notify.messages import ASKED, message_for
from shared.app.people.linking import Linked, find_linked, type_code
from shared.core.errors import Conflicting, Forbidden, NotThere, RequestError
from shared.core.people.linked_accounts import name_place
from shared.core.text.sentence import end_sentence
from shared.integrations.slack.answering import show_alone
from shared.integrations.slack.notes import button, escape_text, write_blocks
from shared.integrations.slack.slash import Slash, parse_slash
from shared.mind.safety.redaction import Redactor

_NEEDS = {
    "plan": "runs.steer",
    "status": "runs.read",
    "approve": "runs.decide",
    "ask": "knowledge.ask",
    "tell": "sessions.own",
}
_MAX_LINES = 20
_PLACE = re.compile(r"[CGD][A-Z0-9]{1,40}")
_MAX_QUESTION = 1_000
HELP = (
    "/workwright plan IDEA: write it into Ideas and plan it; a link to a page of Ideas plans that page\n"
    "/workwright status: what waits for somebody, what moves, what failed\n"
    "/workwright approve RUN: see what a run asks, and decide\n"
    "/workwright ask QUESTION: an answer from your pages in Notion\n"
    "/workwright tell me, here or nobody: where you are told\n"
    "/workwright link CODE: say who you are"
)


def take_command(call: Call) -> ApiReply:
    """Answer a command. If Slack's signature is valid the answer is 200, and says why if nothing was done.

    Raises BadSignature, MalformedRequest, and NotThere where Slack is not set up.
    """
    verify_slack(call)
    return ApiReply(body=obey(call.deps, parse_slash(call.request.body)))


def obey(deps: Deps, slash: Slash) -> dict[str, Any]:
    """Do what a command says that is known to come from Slack; return what to show to who typed it."""
    word, _, rest = slash.text.strip().partition(" ")
    word, rest = word.lower(), rest.strip()
    account = name_account(slash.workspace, slash.user)
    try:
        if word in ("", "help"):
            return show_alone(escape_text(HELP))
        if word == "link":
            return _link(deps, account, rest)
        if word not in _NEEDS:
            return show_alone(escape_text(f"There is no command “{word[:40]}”.\n{HELP}"))
        who = _identify(deps, account, _NEEDS[word])
        return _ACTS[word](deps, who, slash, rest)
    except RequestError as error:
        return show_alone(escape_text(f"That was not done: {end_sentence(str(error))} {error.way_out}".strip()))


def _identify(deps: Deps, account: str, permission: str) -> Linked:
    tenant = tenant_at(deps, name_place(account))
    who = find_linked(deps, tenant, account) if tenant else None
    if who is None:
        raise Forbidden("Workwright does not know who you are here", way_out=explain_linking(deps))
    if who.member.role not in (PERMISSIONS[permission] or ()):
        raise Forbidden(f"the role {who.member.role} may not do that", way_out="Ask an owner of your team for another.")
    return who


def _link(deps: Deps, account: str, code: str) -> dict[str, Any]:
    """Show whose the code is; only the press that follows links."""
    who = type_code(deps, account, code)
    text = escape_text(
        f"This code is of {who.member.name}, {who.member.role} of their team. Press only if that is you: "
        "what you press and type in this workspace then counts as theirs."
    )
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    press = {**button("That is me", LINK), "value": code.strip().upper(), "style": "primary"}
    return show_alone(text, [section, {"type": "actions", "elements": [press]}])


def _show_status(deps: Deps, who: Linked, slash: Slash, rest: str) -> dict[str, Any]:
    found, hide = status_of(deps, who.tenant), Redactor().hide
    lines = [found["paused"]] if found["paused"] else []
    for title, name in (("Waits for somebody", "waiting"), ("Moves", "moving"), ("Failed within a day", "failed")):
        lines += [f"{title}: {hide(each['title'])[:200]} ({each['id']})" for each in found[name]]
    more = len(lines) - _MAX_LINES
    lines = [*lines[:_MAX_LINES], f"And {more} more."] if more > 0 else lines or ["Nothing waits, and nothing moves."]
    return show_alone(escape_text("\n".join(lines)))


def _show_question(deps: Deps, who: Linked, slash: Slash, run_id: str) -> dict[str, Any]:
    """Show what a run asks, with buttons: nobody approves what they were not shown."""
    loaded = deps.store.load_run(who.tenant, run_id) if matches(run_id, RUN) else None
    if loaded is None:
        raise NotThere("your team has no such run", way_out="Type /workwright status for those that wait.")
    run = loaded.run
    gate = asked_now(run)
    token, address = approval_token(deps, run), approval_url(deps, run)
    message = message_for(
        ASKED, run, run_url="", page_url="", approval_url=address, token=token, ref=gate.gate,
    )  # fmt: skip
    blocks = write_blocks(message)
    return show_alone(escape_text(Redactor().hide(message.subject)), _hide_in(blocks))


def _order(deps: Deps, who: Linked, slash: Slash, rest: str) -> dict[str, Any]:
    what = slash.text.strip().split(None, 1)[0].lower()
    if not rest:
        raise Conflicting("there is nothing after the command", way_out=f"Type /workwright {what} and what you want.")
    if what == "ask" and len(rest) > _MAX_QUESTION:
        raise Conflicting(f"the question is longer than {_MAX_QUESTION} letters", way_out="Ask it in fewer words.")
    order_ask(deps, who, what, rest, slash.response_url, slash.trigger)
    paused = describe_pause(deps, who.tenant)
    return show_alone(escape_text(f"Understood. {paused or 'The answer comes here.'}"))


def _order_place(deps: Deps, who: Linked, slash: Slash, rest: str) -> dict[str, Any]:
    """Have this person told here, in direct messages, in a channel of this id, or nowhere."""
    if not rest:
        raise Conflicting("there is nothing after the command", way_out="Type /workwright tell me, or tell here.")
    place = {"me": slash.user, "here": slash.channel, "nobody": ""}.get(rest.lower(), rest)
    if place and place != slash.user and not _PLACE.fullmatch(place):
        raise Conflicting(
            "this is not the id of a channel", way_out="Type /workwright tell me, tell here, or tell nobody."
        )
    order_ask(deps, who, "tell", place, slash.response_url, slash.trigger)
    return show_alone("Understood. The answer comes here.")


_ACTS: Mapping[str, Callable[[Deps, Linked, Slash, str], dict[str, Any]]] = {
    "plan": _order,
    "status": _show_status,
    "approve": _show_question,
    "ask": _order,
    "tell": _order_place,
}


def _hide_in(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks without what looks like a secret in their texts: a page's title may hold one."""
    hide = Redactor().hide
    for block in blocks:
        if block["type"] == "section":
            block["text"] = {**block["text"], "text": hide(block["text"]["text"])}
    return blocks
