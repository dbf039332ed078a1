"""Amazon SES: mail. A sent mail cannot be looked up, so a send is never repeated after an unclear answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from shared.core.errors import (
    IntegrationError,
    Missing,
    NeedsHuman,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from shared.ports import Secret

if TYPE_CHECKING:
    from boto3.session import Session
    from types_boto3_sesv2 import SESV2Client

_LIMITED = frozenset({"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling"})
_DEAD_KEY = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDeniedException"}
    | {"ExpiredTokenException", "InvalidSignatureException", "MissingAuthenticationToken", "IncompleteSignature"}
    | {"MissingAuthenticationTokenException", "InvalidClientTokenIdException"}
)
_NOT_A_TAG = re.compile(r"[^A-Za-z0-9_.@-]")
_making = threading.Lock()  # a session makes one client at a time


def connect(*, endpoint_url: str | None, region: str, access_key: Secret, secret_key: Secret) -> SESV2Client:
    """Return an SES client that asks once; boto3 is imported here because only functions that send mail need it."""
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 1, "mode": "standard"},
        proxies={},  # a proxy of the environment is not ours to use
    )
    with _making:
        client: SESV2Client = _session().client(
            "sesv2",
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id=access_key.reveal(),
            aws_secret_access_key=secret_key.reveal(),
            config=config,
        )
    return client


@cache
def _session() -> Session:
    """Return the session of this process, which reads the description of the service once; it knows no key of ours."""
    import boto3

    return boto3.session.Session()


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

    def send(self, to: str, subject: str, text: str, html: str, tags: Mapping[str, str]) -> str:
        """Send one mail; return its message id.

        It cannot be repeated safely: SES knows no keys and cannot be asked what it sent. An unclear answer raises
        NeedsHuman, and nothing may call this again for the same mail.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        asked: dict[str, Any] = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": {"Subject": _utf8(_one_line(subject)), "Body": _body(text, html)}},
            "EmailTags": [{"Name": _tag(name), "Value": _tag(value)} for name, value in sorted(tags.items())],
        }
        if self._set:
            asked["ConfigurationSetName"] = self._set
        try:
            return str(self._client.send_email(**asked)["MessageId"])
        except ClientError as error:
            raise _refusal(error.response) from error
        except BotoCoreError as error:
            raise _translate_error(error) from error

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
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found: Mapping[str, Any] = getattr(self._client, name)(**asked)
        except ClientError as error:
            if (error.response.get("Error") or {}).get("Code") == "NotFoundException":
                raise Missing("ses", f"{name}: it is not there") from error
            refused = _refusal(error.response)
            raise Unavailable("ses", str(refused)) if isinstance(refused, NeedsHuman) else refused from error
        except BotoCoreError as error:
            raise Unavailable("ses", f"{name}: no answer ({type(error).__name__})") from error
        return found


def _body(text: str, html: str) -> dict[str, Any]:
    return {"Text": _utf8(text)} | ({"Html": _utf8(html)} if html else {})


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _one_line(subject: str) -> str:
    """A line break in a subject would let text become headers."""
    return " ".join(subject.split())[:200]


def _tag(text: str) -> str:
    return _NOT_A_TAG.sub("_", text)[:256]


def _refusal(response: Any) -> IntegrationError:
    error = response.get("Error") or {}
    code = str(error.get("Code") or "")
    status = int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
    what = f"send_email: {status} {code} {error.get('Message') or ''}".strip()[:300]
    if code in _LIMITED or status == 429:
        return RateLimited("ses", what)
    if code in _DEAD_KEY:
        return Unauthorized("ses", what)
    if status >= 500 or not status:
        return NeedsHuman("ses", what)
    return Rejected("ses", what)


def _translate_error(error: Exception) -> IntegrationError:
    from botocore.exceptions import (
        ConnectTimeoutError,
        EndpointConnectionError,
        NoCredentialsError,
        ParamValidationError,
        SSLError,
    )

    name = type(error).__name__
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError | SSLError):
        return Unreachable("ses", f"send_email: no connection ({name})")
    if isinstance(error, ParamValidationError | NoCredentialsError):
        return Rejected("ses", f"send_email: not sent ({name})")
    return NeedsHuman("ses", f"send_email: no complete answer ({name}); the mail may have been sent")
