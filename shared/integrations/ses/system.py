"""What Amazon SES says of itself."""

from __future__ import annotations

from shared.core.system import System

SES = System(
    "ses",
    title="Amazon SES",
    client="shared.integrations.ses.client:Ses",
    sends_mail=True,
    secrets={
        "ses-access-key-id": "AWS › IAM › a user that may send with Amazon SES",
        "ses-secret-access-key": "AWS › IAM › that user's access key",
    },
)
