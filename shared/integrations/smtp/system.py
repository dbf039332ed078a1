"""What the operator's own mail server is here."""

from __future__ import annotations

from shared.core.system import System

SMTP = System(
    "smtp", title="the mail server", client="shared.integrations.smtp.client:Smtp", elsewhere=False, sends_mail=True
)
