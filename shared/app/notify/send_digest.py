"""Messages that are one person's own: their digest, and a test of one of their channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.notify.channels import Channels
from shared.app.notify.mail_choices import confirm_url
from shared.app.notify.messages import NORMAL, Link, Message
from shared.app.notify.recipients import Recipient, change_telling, find_recipient
from shared.app.notify.tell_people import Outcome, note_unreached
from shared.app.people.told_places import list_told
from shared.core.errors import NotThere
from shared.core.notify.digest import DIGESTS, MAX_SHOWN, Digest, Item, begin_sending, end_sending
from shared.core.notify.telling import CONFIRM_MAIL, DIGEST, TEST_MESSAGE, Telling
from shared.core.run.commands import Command
from shared.core.run.run import fit_key
from shared.core.text.sentence import count_of
from shared.integrations.systems import EMAIL
from shared.ports import change_as

_MAX_LINKS = 3  # as many as the narrowest channel shows


def send_digest(command: Command, deps: Deps, tools: Tools) -> None:
    """Send somebody what was gathered for them, once, and forget it. What comes meanwhile is for the next digest."""
    tenant, person = command.tenant, command.ref
    place = (tenant, DIGESTS, fit_key(person))
    with lease(deps, tenant, f"digest.{person}"):
        now = deps.clock.now()
        digest = change_as(
            Digest, deps.store, place, lambda known: begin_sending(known, now) if known else None, deps.stand_back
        )
        deps.crash_point("digest.after/begun")
        if digest is None or not digest.sending:
            return
        number = digest.number
        if (recipient := _find(deps, tools, tenant, person)) is not None:
            message = _build_digest(digest.sending)
            scope, about = f"digest.{person}.{number}", {"tenant": tenant}
            connect = tools.accounts.connect_for(tenant)
            channels = Channels(deps, connect, scope, message, about, label="notify.digest")
            parts = channels.tell_all([recipient.resolve(DIGEST)])
            if not (outcome := Outcome(parts, meant=1)).reached:
                note_unreached(deps, tenant, "", outcome, message.subject, DIGEST)
        deps.crash_point("digest.after/sent")
        change_as(
            Digest, deps.store, place, lambda known: end_sending(known, number) if known else None, deps.stand_back
        )
        deps.crash_point("digest.after/ended")


def send_test(command: Command, deps: Deps, tools: Tools) -> None:
    """Send somebody a message over one channel that says only that it has arrived; keep what became of it."""
    person, _, channel = command.ref.rpartition(" ")
    recipient = _find(deps, tools, command.tenant, person)
    if recipient is None:
        return
    scope = f"test.{command.id}"
    with lease(deps, command.tenant, scope):
        message = Message(
            "A test message of Workwright",
            (f"Messages for {recipient.listed.get('name') or person} arrive here. There is nothing you need to do.",),
            (),
        )
        about = {"tenant": command.tenant}
        connect = tools.accounts.connect_for(command.tenant)
        channels = Channels(deps, connect, scope, message, about, label="notify.test")
        parts = channels.tell({**recipient.resolve(""), "channels": [channel]})
        outcome = parts[0].partition(":")[2] if parts else "failed (there is no address for this channel)"
        entry = {"at": deps.clock.now().isoformat(), "outcome": outcome, "test": command.id}
        change_telling(
            deps,
            command.tenant,
            recipient,
            lambda known: replace(known, tests={**(known.tests or {}), channel: entry}),
        )
    if channels.later is not None:
        raise channels.later


def send_confirmation(command: Command, deps: Deps, tools: Tools) -> None:
    """Send the link by which somebody confirms an address of theirs; it can neither be ended nor wait."""
    recipient = _find(deps, tools, command.tenant, command.ref)
    telling = recipient.telling if recipient is not None else Telling()
    if recipient is None or telling.asked_at is None:
        return  # confirmed, or taken back meanwhile
    scope = f"confirm.{recipient.id}.{telling.asked_mark}"
    with lease(deps, command.tenant, scope):
        url = confirm_url(deps, command.tenant, recipient.member or recipient.id, telling.asked_mark, telling.asked_at)
        lines = (
            f"{recipient.listed.get('name') or 'Somebody'} wants to be told at this address what Workwright does.",
            "It counts once you open this link and press the button; the link is good for a day, and once.",
            "If that was not you, do nothing: no other mail will come.",
        )
        message = Message("Please confirm your address", lines, (Link("Confirm", url),))
        connect, about = tools.accounts.connect_for(command.tenant), {"tenant": command.tenant}
        channels = Channels(deps, connect, scope, message, about, label="notify.confirm")
        channels.tell_all([{"id": recipient.id, EMAIL: telling.asked_email, "channels": [EMAIL]}])


OWN_TOPICS: Mapping[str, Callable[[Command, Deps, Tools], None]] = {
    DIGEST: send_digest,
    TEST_MESSAGE: send_test,
    CONFIRM_MAIL: send_confirmation,
}


def _find(deps: Deps, tools: Tools, tenant: str, person: str) -> Recipient | None:
    try:
        return find_recipient(deps, tenant, list_told(deps, tenant, tools.settings(tenant)), person)
    except NotThere:  # gone meanwhile
        return None


def _build_digest(items: Mapping[str, Item]) -> Message:
    shown = list(items.values())[:MAX_SHOWN]
    lines = [f"• {each['subject']}: {each['text']}" if each["text"] else f"• {each['subject']}" for each in shown]
    if len(items) > len(shown):
        lines.append(f"And {len(items) - len(shown)} more.")
    links = tuple(Link(each["subject"], each["url"]) for each in shown if each["url"])[:_MAX_LINKS]
    return Message(f"Your digest: {count_of(len(items), 'message')}", tuple(lines), links, NORMAL)
