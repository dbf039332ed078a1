"""What the operator's own mail server is here."""

from __future__ import annotations

from shared.core.system import Ask, System

SMTP = System(
    "smtp",
    title="the mail server",
    client="shared.integrations.smtp.client:Smtp",
    trial="shared.integrations.smtp.trial:try_given",
    elsewhere=False,
    sends_mail=True,
    secrets={
        "smtp-username": "your mail server: the name to send with, where WORKWRIGHT_MAIL is smtp",
        "smtp-password": "your mail server: its password, or one made for this app alone",
    },
    offered="Any mail server, over SMTP",
    asks=(
        Ask("url", "The server, like smtps://mail.example:465", variable="WORKWRIGHT_SMTP_URL"),
        Ask("sender", "The address that mail comes from", variable="WORKWRIGHT_MAIL_SENDER"),
        Ask("username", "smtp username", secret="smtp-username"),
        Ask("password", "smtp password", secret="smtp-password"),
    ),
    variables={"ca": "WORKWRIGHT_SMTP_CA"},
)
