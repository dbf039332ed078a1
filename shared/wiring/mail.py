"""The operator's mail sender: by the service that the settings name, or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from shared.app.engine.deps import Deps
from shared.core.errors import Rejected
from shared.integrations.clients import load_client
from shared.integrations.mail import Mail, MailParts
from shared.settings import Settings


def wire_mail(settings: Settings, deps: Deps) -> Callable[[], Mail]:
    """Return what hands over the sender, made when first asked for; it raises Rejected where there is none."""

    @cache
    def mail() -> Mail:
        by = settings.mail.by
        if by == "none":
            raise Rejected("mail", "this installation sends no mail (WORKWRIGHT_MAIL is none)")
        parts = MailParts(settings.mail, deps.secrets, deps.clock.now, settings.endpoints.get(by) or "")
        sender: Mail = load_client(by).open_own(parts)
        return sender

    return mail
