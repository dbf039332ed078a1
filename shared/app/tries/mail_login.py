"""Try a way for mail to go out: the server or the service, the login, and the sender. No mail is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr

from shared.app.tries.tried import Tried, tell_unclear
from shared.core.errors import ErrorClass, IntegrationError, RateLimited, Unauthorized
from shared.core.notify.mail_settings import SmtpServer, read_mail
from shared.core.text.sentence import make_sentence
from shared.ports import Secret

_APP_PASSWORD = (
    "Give the mailbox's user name, which often is its whole address; many providers want an app password in place of "
    "the account's own, made in its security settings."
)
_SENDER = "Give an address that this login may send from, or have the provider allow this one as an alias."
_ADDRESSES = "use smtps:// with port 465, or smtp+starttls:// with port 587, as your provider's page on SMTP says"
_REGION = "In the AWS console open Amazon SES, choose the region at the top right"
_WORDS = {"WORKWRIGHT_SMTP_URL": "The server's address", "WORKWRIGHT_MAIL_SENDER": "The sender"}


def try_smtp(
    url: str, sender: str, login: tuple[str, Secret] | None, now: Callable[[], datetime], *, ca: str = ""
) -> Tried:
    """Say whether the mail server takes the login and lets it send as `sender`; `login` is None where it asks for none.

    `url` is as in WORKWRIGHT_SMTP_URL, `ca` a file with the authorities to trust. Facts: host, security, sender.
    """
    from shared.integrations.smtp.client import Smtp  # with smtplib, which nobody else needs

    given = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": url.strip(), "WORKWRIGHT_MAIL_SENDER": sender.strip()}
    settings, problems = read_mail({**given, "WORKWRIGHT_SMTP_CA": ca})
    if problems or settings.server is None:
        return _unreadable(problems[0])
    server, address = settings.server, parseaddr(settings.sender)[1]
    facts = {"host": server.host, "security": server.security, "sender": address}
    try:
        Smtp(server, settings.sender, lambda: login, now).look()
    except Unauthorized:
        wants = "does not accept this user name and password" if login else "asks for a user name and a password"
        return Tried(False, f"The mail server {server.host} {wants}.", _APP_PASSWORD, facts)
    except IntegrationError as error:
        return _refused(server, address, error, facts)
    return Tried(True, f"The mail server {server.host} lets mail go out as {address}.", facts=facts)


def _unreadable(problem: str) -> Tried:
    for variable, words in _WORDS.items():
        problem = problem.replace(variable, words)
    what, _, way_out = problem.partition("; ")
    return Tried(False, make_sentence(what), make_sentence(way_out))


def _refused(server: SmtpServer, address: str, error: IntegrationError, facts: Mapping[str, str]) -> Tried:
    what = str(error).removeprefix("smtp: ")
    where = f"{server.host}:{server.port}"
    if isinstance(error, RateLimited):
        return tell_unclear(f"The mail server {server.host}", error, facts)
    if error.error_class == ErrorClass.TRANSIENT:
        way_out = f"Check the name and the port: {_ADDRESSES}; some networks let no mail out."
        return Tried(False, f"No mail server answers at {where} as one with {_spoken(server)}.", way_out, facts)
    if what.startswith(("MAIL", "RCPT")):
        says = f"The mail server {server.host} does not let this login send as {address} ({what.partition(': ')[2]})."
        return Tried(False, says, _SENDER, facts)
    if "certificate" in what:
        way_out = "Give the server by the name that its certificate holds, or its authority in WORKWRIGHT_SMTP_CA."
        return Tried(False, f"The certificate of the mail server {server.host} is not trusted.", way_out, facts)
    return Tried(False, make_sentence(what), f"Look at the address: {_ADDRESSES}.", facts)


def _spoken(server: SmtpServer) -> str:
    return {"tls": "TLS from the start", "starttls": "STARTTLS"}.get(server.security, "no encryption")


def try_ses(sender: str, region: str, key: Secret, word: Secret, *, at: str = "") -> Tried:
    """Say whether Amazon SES takes the key, and whether mail may go out as `sender` and to anybody. It only reads.

    `at` is another address than Amazon's, for tests. Facts: region, sender, sandbox ("yes" or "no").
    """
    from shared.integrations.ses.client import Ses, connect

    address = parseaddr(sender)[1]
    facts = {"region": region, "sender": address}
    if "@" not in address:
        return Tried(False, "The address that mail comes from is missing.", "Give it like agent@example.com.", facts)
    if not (key.reveal().strip() and word.reveal().strip()):
        return Tried(False, "The access key or its secret is missing.", _iam(), facts)
    try:
        client = connect(endpoint_url=at or None, region=region, access_key=key, secret_key=word)
        standing = Ses(client, sender).look()
    except Unauthorized:
        says = "Amazon SES does not accept this key, or the key may not look at the account."
        return Tried(False, says, _iam(), facts)
    except ValueError:  # botocore's own word on a region that cannot be one
        return Tried(False, f"“{region}” is not a region of AWS.", f"{_REGION}, and give it as in eu-central-1.", facts)
    except IntegrationError as error:
        return tell_unclear("Amazon SES", error, facts)
    facts["sandbox"] = "yes" if standing.sandbox else "no"
    if not standing.sending:
        says = f"Amazon has stopped all sending of this account in {region}."
        return Tried(False, says, f"{_REGION}, and look at Account dashboard › Account status.", facts)
    if not standing.verified:
        says = f"{address} is not verified in {region}, so Amazon SES refuses mail from it."
        way_out = f"{_REGION} ({region}) › Identities › Create identity, and verify the address or its domain there."
        return Tried(False, says, way_out, facts)
    if standing.sandbox:
        says = (
            f"Amazon SES sends as {address}, but only to verified addresses: the account is in the sandbox in {region}."
        )
        way_out = f"{_REGION} › Account dashboard › Request production access; until then verify each receiver."
        return Tried(True, says, way_out, facts)
    return Tried(True, f"Amazon SES sends as {address} from {region}.", facts=facts)


def _iam() -> str:
    return (
        "In the AWS console open IAM › Users › the user › Security credentials, make an access key, and let the user "
        "ses:SendEmail, ses:GetAccount and ses:GetEmailIdentity."
    )
