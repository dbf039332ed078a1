"""Amazon SES: mail. A sent mail cannot be looked up, so a send is never repeated after an unclear answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, ClassVar

from shared.core.errors import Missing, Rejected
from shared.integrations.mail import NO_HEADERS, MailParts
from shared.ports import Secret

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

_NOT_A_TAG = re.compile(r"[^A-Za-z0-9_.@-]")


def connect(*, endpoint_url: str | None, region: str, access_key: Secret, secret_key: Secret) -> SESV2Client:
    """Return an SES client that asks once."""
    client: SESV2Client = _load_calls().make_client(endpoint_url, region, access_key, secret_key)
    return client


def _load_calls() -> Any:
    from shared.integrations.ses import calls  # with boto3, which only functions that send mail need

    return calls


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account may send: to anybody or only to `sandbox` addresses, at all, and from this sender."""

    sandbox: bool
    sending: bool
    verified: bool


class Ses:
    """Sends mail from one verified address."""

    system: ClassVar[str] = "ses"

    def __init__(self, client: SESV2Client, sender: str, configuration_set: str = "") -> None:
        self._client = client
        self._sender = sender
        self._set = configuration_set

    @classmethod
    def open_own(cls, parts: MailParts) -> Ses:
        """Return the operator's sender; raises Rejected where its key is not stored."""
        try:
            key, word = parts.secrets.get("ses-access-key-id"), parts.secrets.get("ses-secret-access-key")
        except KeyError:
            raise Rejected(cls.system, "no mail sender is set up") from None
        region, url = parts.settings.region, parts.elsewhere or None
        return cls(connect(endpoint_url=url, region=region, access_key=key, secret_key=word), parts.settings.sender)

    def send(
        self,
        to: str,
        subject: str,
        text: str,
        html: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> str:
        """Send one mail; return its message id.

        It cannot be repeated safely: SES knows no keys and cannot be asked what it sent. An unclear answer raises
        NeedsHuman, and nothing may call this again for the same mail.
        """
        simple: dict[str, Any] = {"Subject": _utf8(_collapse_line(subject)), "Body": _body(text, html)}
        if headers:
            simple["Headers"] = [{"Name": name, "Value": value} for name, value in headers.items()]
        asked: dict[str, Any] = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": simple},
            "EmailTags": [{"Name": _tag(name), "Value": _tag(value)} for name, value in sorted(tags.items())],
        }
        if self._set:
            asked["ConfigurationSetName"] = self._set
        return str(_load_calls().send(self._client, asked))

    def look(self) -> Standing:
        """Return what the account may send, by reading alone; raises as a call would."""
        account = self._read("get_account")
        address = parseaddr(self._sender)[1]
        verified = any(self._is_verified(each) for each in (address, address.rpartition("@")[2]))
        return Standing(not account.get("ProductionAccessEnabled"), bool(account.get("SendingEnabled")), verified)

    def _is_verified(self, identity: str) -> bool:
        try:
            return bool(self._read("get_email_identity", EmailIdentity=identity).get("VerifiedForSendingStatus"))
        except Missing:
            return False

    def _read(self, name: str, **asked: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = _load_calls().read(self._client, name, asked)
        return found


def _body(text: str, html: str) -> dict[str, Any]:
    return {"Text": _utf8(text)} | ({"Html": _utf8(html)} if html else {})


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _collapse_line(subject: str) -> str:
    """A line break in a subject would let text become headers."""
    return " ".join(subject.split())[:200]


def _tag(text: str) -> str:
    return _NOT_A_TAG.sub("_", text)[:256]
