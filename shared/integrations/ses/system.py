"""What Amazon SES says of itself."""

from __future__ import annotations

from shared.core.system import System

SES = System("ses", title="Amazon SES", client="shared.integrations.ses.client:Ses", sends_mail=True)
