"""The probe of Amazon SES: mails to Amazon's own simulated mailboxes, which reach nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.cli.probe.calls import Ask, Call, Expect, Kept, Place, Probe
from shared.cli.probe.plain_calls import NOBODYS, Asker
from shared.cli.probe.shapes import Either, Says
from shared.core.errors import ConfigError
from shared.ports import Secret
from shared.settings import Settings

Json = dict[str, Any]
REFERENCE = "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"
COMMON = "https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html"
SUCCESS = "success@simulator.amazonses.com"
REFUSED = Says("not verified")  # its name begins with a small or with a capital letter: botocore reads both
PATH = "/v2/email/outbound-emails"


@dataclass
class Signing(Asker):
    """Signs each request as AWS wants it: version 4, with a key and its secret."""

    secret: Secret = field(default_factory=lambda: Secret("\n"))
    region: str = ""

    def sign(
        self, method: str, url: str, sent: Mapping[str, str], raw: bytes | None, trusted: bool
    ) -> Mapping[str, str]:
        from shared.cli.probe.aws_signature import sign_request

        key, _, word = self.secret.reveal().partition("\n")
        pair = (key, word if trusted else NOBODYS)
        return sign_request(pair, ("ses", self.region), method, url, sent, raw or b"")


def mail(**changed: Any) -> Json:
    """Return a mail to a simulated mailbox."""
    body: Json = {
        "FromEmailAddress": "{sender}",
        "Destination": {"ToAddresses": [SUCCESS]},
        "Content": {"Simple": {
            "Subject": {"Data": "{mark} äöü", "Charset": "UTF-8"},
            "Body": {"Text": {"Data": "A probe.", "Charset": "UTF-8"},
                     "Html": {"Data": "<p>A probe.</p>", "Charset": "UTF-8"}}}},
        "EmailTags": [{"Name": "message", "Value": "probe"}],
    }  # fmt: skip
    return body | changed


CALLS = (
    Call(
        "a mail",
        "A mail with text, HTML and tags is taken, and named by an id.",
        REFERENCE,
        Ask("POST", PATH, mail()),
        Expect(body={"MessageId": "words"}, headers={"x-amzn-requestid": "words"}),
    ),
    Call(
        "the same mail again",
        "The same mail again is another mail with another id: SES knows no key for a repeated request.",
        REFERENCE,
        Ask("POST", PATH, mail()),
        Expect(body={"MessageId": "words"}),
    ),
    Call(
        "a sender that is not ours",
        "A sender that is not verified is refused with 400 MessageRejected.",
        REFERENCE,
        Ask("POST", PATH, mail(FromEmailAddress="nobody@workwright.invalid")),
        Expect(400, Either({"message": REFUSED, "*": "any"}, {"Message": REFUSED, "*": "any"}),
               headers={"x-amzn-errortype": Says("MessageRejected")}),
    ),
    Call(
        "no signature",
        "A request without a signature is refused with 403.",
        COMMON,
        Ask("POST", PATH, mail(), headers={"Authorization": None, "X-Amz-Date": None}),
        Expect(403, Either({"message": "text", "*": "any"}, {"Message": "text", "*": "any"}),
               headers={"x-amzn-errortype": Says("MissingAuthenticationToken")}),
    ),
)  # fmt: skip


def read_place(named: str) -> Place:
    """Return the verified address that mails are sent from; raises ConfigError."""
    if not re.fullmatch(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}", named):
        raise ConfigError("--in names no sender; give an address that is verified in SES, such as agent@example.com")
    return Place("Amazon's simulated mailboxes, from the address that you named", {"sender": named})


def make(settings: Settings, secret: Secret, kept: Kept) -> Signing:
    """Return what asks SES in the region of the settings."""
    region = settings.mail.region
    base = settings.endpoints.get("ses") or f"https://email.{region}.amazonaws.com"
    return Signing("ses", base, {}, {}, {}, {}, secret=secret, region=region)


PROBE = Probe(
    system="ses",
    title="Amazon SES",
    address="",
    asks_for="the verified address that mails are sent from",
    rights="an access key that may send (ses:SendEmail), as two lines: its id and its secret",
    makes="two mails to success@simulator.amazonses.com, which reach nobody and count as sent",
    calls=CALLS,
    read_place=read_place,
    credential=lambda secret: {},
    credential_name="Access key id and Secret access key",
    secrets=("ses-access-key-id", "ses-secret-access-key"),
    make=make,
    pace=1.1,  # a new account sends one mail a second
    no_harm=(
        (
            "a wrong signature is refused with 403",
            "the simulator does not check signatures; nothing of ours rests on it",
        ),
        ("bounces and complaints come over SNS", "they need a public address"),
        ("limits are TooManyRequestsException and the like", "reaching them would keep other mails from being sent"),
    ),
)
