"""What Amazon SES says of itself."""

from __future__ import annotations

from shared.core.system import Ask, System

SES = System(
    "ses",
    title="Amazon SES",
    client="shared.integrations.ses.client:Ses",
    trial="shared.integrations.ses.trial:try_given",
    sends_mail=True,
    secrets={
        "ses-access-key-id": "AWS › IAM › a user that may send with Amazon SES",
        "ses-secret-access-key": "AWS › IAM › that user's access key",
    },
    simulator_needs=("moto.ses",),
    offered="Amazon SES",
    asks=(
        Ask("region", "The region", "eu-central-1", variable="WORKWRIGHT_SES_REGION"),
        Ask("sender", "The address that mail comes from", variable="WORKWRIGHT_MAIL_SENDER"),
        Ask("access_key_id", "ses access key id", secret="ses-access-key-id"),
        Ask("secret_access_key", "ses secret access key", secret="ses-secret-access-key"),
    ),
)
