"""Do what somebody asked for at a messenger, as the API does it, and answer where they asked.

The answer is kept before it is sent, so that who dies on the way asks no model again. It may be shown twice then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from shared import log
from shared.app.api.route import PERMISSIONS
from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.requeue import patient
from shared.app.engine.tools import Tools
from shared.app.intake.open_by_hand import open_for_page, open_for_text
from shared.app.knowledge.ask import ask_workspace
from shared.app.people.membership import members_of
from shared.app.people.told_places import set_told_place
from shared.core.documents.codec import to_body
from shared.core.errors import ErrorClass, Forbidden, IntegrationError, RequestError
from shared.core.people.actor import Actor, ActorKind
from shared.core.people.linked_accounts import ASKS, MessengerAsk
from shared.core.people.members import Member
from shared.core.run.commands import Command
from shared.core.text.sentence import end_sentence
from shared.integrations.slack.answering import post_answer, show_alone
from shared.integrations.slack.client import Slack
from shared.integrations.slack.notes import escape_text
from shared.mind.safety.redaction import Redactor
from shared.ports import Put, get_as
from shared.telemetry import trace

_OPEN_FOR = timedelta(minutes=30)  # docs.slack.dev: so long a message can be answered, five times
_KEPT_FOR = timedelta(days=1)  # requests that were answered, so that one that comes again is known
_MAX_ANSWER = 3_000
_MAX_FORGOTTEN = 50
_PAGE = re.compile(r"<?(https://(?:www\.|app\.)?notion\.(?:so|com)/[!-~]+?)(?:\|[^>]*)?>?|([0-9a-fA-F-]{32,36})")
_ID = re.compile(r"(?i)[0-9a-f]{32}(?![0-9a-z])")
_NEEDS = {"plan": "runs.steer", "ask": "knowledge.ask", "tell": "sessions.own"}


@trace.use_case
@patient
def answer_ask(command: Command, deps: Deps, tools: Tools) -> None:
    """Do it and answer, once; what cannot be done now comes again."""
    with lease(deps, command.tenant, f"reply.{command.ref}"):
        ask = get_as(MessengerAsk, deps.store, (command.tenant, ASKS, command.ref))
        if ask is None or ask.done_at is not None:
            return
        if not ask.answer:
            ask = replace(ask, answer=_discreet(_do(deps, tools, command, ask), tools.known_secrets(command.tenant)))
            deps.store.put(command.tenant, Put(ASKS, command.ref, to_body(ask)))
            deps.crash_point("ask.after/done")
        _send(deps, command, ask)
        deps.crash_point("ask.after/sent")
        done = replace(ask, text="", answer="", reply={}, done_at=deps.clock.now())
        deps.store.put(command.tenant, Put(ASKS, command.ref, to_body(done)))
    _forget_old(deps, command.tenant)


def find_page(text: str) -> str:
    """Return the id of the page of Notion that a text is a link to, "" for any other text."""
    found = _PAGE.fullmatch(text.strip())
    if found is None:
        return ""
    ids = _ID.findall((found[1] or found[2]).replace("-", "").partition("?")[0].partition("#")[0])
    return str(ids[-1]).lower() if ids else ""


def _do(deps: Deps, tools: Tools, command: Command, ask: MessengerAsk) -> str:
    """Return what the person is told. Raises what a later attempt may not meet."""
    try:
        member = members_of(deps, command.tenant).people.get(ask.person)
        if member is None or member.role not in (PERMISSIONS[_NEEDS[ask.what]] or ()):
            raise Forbidden("you may not do that any more", way_out="Ask an owner of your team.")
        who = Actor(ActorKind.PERSON, ask.person, member.name)
        if ask.what == "ask":
            return _answer_question(deps, tools, command.tenant, ask.text, who)
        if ask.what == "tell":
            return _set_place(deps, tools, command.tenant, ask, member)
        page = find_page(ask.text)
        run = (
            open_for_page(deps, tools, command.tenant, page, who)
            if page
            else open_for_text(deps, tools, command.tenant, *_split_idea(ask.text), who, command.ref)
        )
        return f"“{run.trigger.title or run.id}” is being planned ({run.id}). You are asked before anything is built."
    except RequestError as error:
        return f"That was not done: {end_sentence(str(error))} {error.way_out}".strip()
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise
        return f"That was not done: {end_sentence(str(error))}"


def _set_place(deps: Deps, tools: Tools, tenant: str, ask: MessengerAsk, member: Member) -> str:
    """See that we may write there, then tell the person there. Raises IntegrationError."""
    slack = tools.accounts.connect_for(tenant)(Slack)
    if ask.text[:1] in ("U", "W"):
        slack.open_direct(ask.text)
    elif ask.text:
        slack.check_channel(ask.text)
    set_told_place(deps, tenant, ask.person, member, Slack.system, ask.text)
    where = "in direct messages" if ask.text[:1] in ("U", "W") else f"in the channel {ask.text}"
    return f"You are told {where} from now on." if ask.text else "You are told nothing in Slack from now on."


def _split_idea(text: str) -> tuple[str, str]:
    """Return the text and the title of the page that an idea becomes: its first line is the title."""
    title, _, rest = text.strip().partition("\n")
    return (rest.strip() or title, title[:200])


def _answer_question(deps: Deps, tools: Tools, tenant: str, question: str, who: Actor) -> str:
    answer = ask_workspace(deps, tools, tenant, question, asker=who)
    sources = [f"From “{each.title}”: {each.url}" for each in answer.sources[:5]]
    return "\n".join([answer.text[:_MAX_ANSWER], *sources])


def _discreet(text: str, known: Iterable[str]) -> str:
    return Redactor(known).hide(text)


def _send(deps: Deps, command: Command, ask: MessengerAsk) -> None:
    """Show the answer to who asked; where that is possible no more, what was done stays done."""
    tenant = command.tenant
    if deps.clock.now() - ask.at > _OPEN_FOR:
        log.line("WARNING", "a request was answered too late to say so", tenant=tenant, function="plan")
        return
    address = deps.secrets.open(tenant, f"messenger.{command.ref}", ask.reply).reveal()
    try:
        post_answer(address, deps.public_url, show_alone(escape_text(ask.answer)), patience=10.0)
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise
        log.line("WARNING", "a request could not be answered", tenant=tenant, function="plan", **log.about(error))


def _forget_old(deps: Deps, tenant: str) -> None:
    """Forget requests that were answered long ago: no copy of them can come any more."""
    for doc in deps.store.list_docs(tenant, ASKS, limit=_MAX_FORGOTTEN):
        ask = get_as(MessengerAsk, deps.store, (tenant, ASKS, doc.id))
        if ask is not None and deps.clock.now() - ask.at > _KEPT_FOR:
            deps.store.put(tenant, Put(ASKS, doc.id, None))
