"""What the operator's own mail server is here."""

from __future__ import annotations

from shared.core.system import System

SMTP = System(
    "smtp",
    title="the mail server",
    client="shared.integrations.smtp.client:Smtp",
    elsewhere=False,
    sends_mail=True,
    secrets={
        "smtp-username": "your mail server: the name to send with, where WORKWRIGHT_MAIL is smtp",
        "smtp-password": "your mail server: its password, or one made for this app alone",
    },
)
