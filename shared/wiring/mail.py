"""The operator's mail sender: by Amazon SES, by a mail server, or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from shared.app.engine.deps import Deps
from shared.core.errors import Rejected
from shared.integrations.mail import Mail
from shared.integrations.ses.client import Ses, connect
from shared.ports import Secret, Secrets
from shared.settings import Settings


def wire_mail(settings: Settings, deps: Deps) -> Callable[[], Mail]:
    """Return what hands over the sender, made when first asked for; it raises Rejected where there is none."""

    @cache
    def mail() -> Mail:
        given = settings.mail
        if given.by == "none":
            raise Rejected("mail", "this installation sends no mail (WORKWRIGHT_MAIL is none)")
        if given.server is not None:
            from shared.integrations.smtp.client import Smtp  # with smtplib, which nobody else needs

            return Smtp(given.server, given.sender, lambda: _login(deps.secrets), deps.clock.now)
        return _ses(settings, deps.secrets)

    return mail


def _login(secrets: Secrets) -> tuple[str, Secret] | None:
    """Return name and password of the mail server; None where none are kept, for one that asks for none."""
    try:
        return secrets.get("smtp-username").reveal(), secrets.get("smtp-password")
    except KeyError:
        return None


def _ses(settings: Settings, secrets: Secrets) -> Ses:
    try:
        key, word = secrets.get("ses-access-key-id"), secrets.get("ses-secret-access-key")
    except KeyError:
        raise Rejected("ses", "no mail sender is set up") from None
    url = settings.endpoints.get(Ses.system) or None
    return Ses(
        connect(endpoint_url=url, region=settings.mail.region, access_key=key, secret_key=word), settings.mail.sender
    )
