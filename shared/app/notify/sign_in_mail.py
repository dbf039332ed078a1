"""Send the link with which somebody signs in. The queue carries which link it is, never the link itself."""

from __future__ import annotations

from dataclasses import replace

from shared import log
from shared.app.approval.approvals import LINK_KEY
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.notify.messages import HIGH, Link, Message
from shared.app.people.mail_links import link_token
from shared.core.errors import ErrorClass, IntegrationError
from shared.core.people.mail_links import LINK_LIFETIME, MAIL_LINKS, MailLink
from shared.core.run.commands import Command
from shared.core.run.run import derive_id
from shared.integrations.mail import Mail
from shared.ports import SYSTEM, change_as, get_as


def send_link(command: Command, deps: Deps, tools: Tools) -> None:
    """Send it unless it was sent, used or came too late; raises what a later attempt may not meet.

    Who dies right after sending sends it again: it is the same link, and it counts once.
    """
    link = get_as(MailLink, deps.store, (SYSTEM, MAIL_LINKS, command.ref))
    if link is None or link.sent or link.is_late(deps.clock.now()):
        return
    message = _write(f"{deps.public_url}/sign-in/mail/{link_token(deps.secrets.get(LINK_KEY), command.ref)}", link)
    try:
        mail = tools.accounts.connect_for(SYSTEM)(Mail)  # type: ignore[type-abstract]  # whichever there is
        tags = {"message": derive_id("mail-", command.ref)}
        mail.send(to=link.address, subject=message.subject, text=message.text, html=message.html, tags=tags)
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise
        log.line("WARNING", "a link to sign in could not be sent", function="notify", **log.about(error))
        return
    _note_sent(deps, command.ref)


def _note_sent(deps: Deps, name: str) -> None:
    def set_sent(link: MailLink | None) -> MailLink | None:
        return replace(link, sent=True) if link is not None else None

    change_as(MailLink, deps.store, (SYSTEM, MAIL_LINKS, name), set_sent, deps.stand_back)


def _write(address: str, link: MailLink) -> Message:
    minutes = int(LINK_LIFETIME.total_seconds() // 60)
    lines = (
        "Somebody, we hope you, wants to "
        + ("add this address to their ways to sign in to Workwright." if link.person else "sign in to Workwright."),
        f"Open the link in the browser where you asked for it, within {minutes} minutes, and press the button there.",
        "If it was not you, do nothing: without that browser the link is worth nothing.",
    )
    return Message("Sign in to Workwright", lines, (Link("Sign in", address),), HIGH)
