"""Try a mail server: its address, the login, and the sender. No mail is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr

from shared.core.environment import Environment
from shared.core.errors import ErrorClass, IntegrationError, RateLimited, Unauthorized
from shared.core.text.sentence import make_sentence
from shared.integrations.mail_settings import SmtpServer, read_mail
from shared.integrations.smtp.client import Smtp
from shared.integrations.smtp.refusals import AuthoritiesUnread, NotTrusted, SenderRefused
from shared.integrations.trial_result import Given, Tried, tell_unclear
from shared.ports import Secret

_APP_PASSWORD = (
    "Give the mailbox's user name, which often is its whole address; many providers want an app password in place of "
    "the account's own, made in its security settings."
)
_SENDER = "Give an address that this login may send from, or have the provider allow this one as an alias."
_AUTHORITIES = "Name a file with certificates of authorities in WORKWRIGHT_SMTP_CA, or leave that out."
_ADDRESSES = "use smtps:// with port 465, or smtp+starttls:// with port 587, as your provider's page on SMTP says"
_WORDS = {"WORKWRIGHT_SMTP_URL": "The server's address", "WORKWRIGHT_MAIL_SENDER": "The sender"}


def try_smtp(
    url: str, sender: str, login: tuple[str, Secret] | None, now: Callable[[], datetime], *, ca: str = ""
) -> Tried:
    """Say whether the mail server takes the login and lets it send as `sender`; `login` is None where it asks for none.

    `url` is as in WORKWRIGHT_SMTP_URL, `ca` a file with the authorities to trust. Facts: host, security, sender.
    """
    given = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": url.strip(), "WORKWRIGHT_MAIL_SENDER": sender.strip()}
    reader = Environment({**given, "WORKWRIGHT_SMTP_CA": ca})
    settings = read_mail(reader)
    if reader.problems or settings.server is None:
        return _unreadable(reader.problems[0])
    server, address = settings.server, parseaddr(settings.sender)[1]
    facts = {"host": server.host, "security": server.security, "sender": address}
    try:
        Smtp(server, settings.sender, lambda: login, now).look()
    except Unauthorized:
        wants = "does not accept this user name and password" if login else "asks for a user name and a password"
        return Tried(False, f"The mail server {server.host} {wants}.", _APP_PASSWORD, facts)
    except IntegrationError as error:
        return _explain_refusal(server, address, error, facts)
    return Tried(True, f"The mail server {server.host} lets mail go out as {address}.", facts=facts)


def _unreadable(problem: str) -> Tried:
    for variable, words in _WORDS.items():
        problem = problem.replace(variable, words)
    what, _, way_out = problem.partition("; ")
    return Tried(False, make_sentence(what), make_sentence(way_out))


def _explain_refusal(server: SmtpServer, address: str, error: IntegrationError, facts: Mapping[str, str]) -> Tried:
    what = str(error).removeprefix("smtp: ")
    where = f"{server.host}:{server.port}"
    if isinstance(error, RateLimited):
        return tell_unclear(f"The mail server {server.host}", error, facts)
    if error.error_class == ErrorClass.TRANSIENT:
        way_out = f"Check the name and the port: {_ADDRESSES}; some networks let no mail out."
        return Tried(
            False, f"No mail server answers at {where} as one with {_name_encryption(server)}.", way_out, facts
        )
    if isinstance(error, SenderRefused):
        says = f"The mail server {server.host} does not let this login send as {address} ({error.reply})."
        return Tried(False, says, _SENDER, facts)
    if isinstance(error, AuthoritiesUnread):
        return Tried(False, make_sentence(what), _AUTHORITIES, facts)
    if isinstance(error, NotTrusted):
        way_out = "Give the server by the name that its certificate holds, or its authority in WORKWRIGHT_SMTP_CA."
        return Tried(False, f"The certificate of the mail server {server.host} is not trusted.", way_out, facts)
    return Tried(False, make_sentence(what), f"Look at the address: {_ADDRESSES}.", facts)


def _name_encryption(server: SmtpServer) -> str:
    return {"tls": "TLS from the start", "starttls": "STARTTLS"}.get(server.security, "no encryption")


def try_given(given: Given) -> Tried:
    """Try the operator's login for the sender; without a name the server is taken to ask for none."""
    name = given.secret("smtp-username").reveal()
    login = (name, given.secret("smtp-password")) if name else None
    return try_smtp(given.fact("url"), given.fact("sender"), login, given.now, ca=given.fact("ca"))
