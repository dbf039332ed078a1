"""The door to Amazon's library: a client of SES that asks once, and what its errors mean."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    SSLError,
)

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
_making = threading.Lock()  # a session makes one client at a time


def make_client(endpoint_url: str | None, region: str, access_key: Secret, secret_key: Secret) -> SESV2Client:
    """Return an SES client that asks once."""
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
    return boto3.session.Session()


def send(client: SESV2Client, asked: dict[str, Any]) -> str:
    """Send one mail; return its id. Raises NeedsHuman after an unclear answer, and IntegrationError."""
    try:
        return str(client.send_email(**asked)["MessageId"])
    except ClientError as error:
        raise _refusal(error.response) from error
    except BotoCoreError as error:
        raise _translate_error(error) from error


def read(client: SESV2Client, name: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what a reading call says; raises Missing, Unavailable where nothing is clear, and IntegrationError."""
    try:
        found: Mapping[str, Any] = getattr(client, name)(**asked)
    except ClientError as error:
        if (error.response.get("Error") or {}).get("Code") == "NotFoundException":
            raise Missing("ses", f"{name}: it is not there") from error
        refused = _refusal(error.response)
        raise Unavailable("ses", str(refused)) if isinstance(refused, NeedsHuman) else refused from error
    except BotoCoreError as error:
        raise Unavailable("ses", f"{name}: no answer ({type(error).__name__})") from error
    return found


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
    name = type(error).__name__
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError | SSLError):
        return Unreachable("ses", f"send_email: no connection ({name})")
    if isinstance(error, ParamValidationError | NoCredentialsError):
        return Rejected("ses", f"send_email: not sent ({name})")
    return NeedsHuman("ses", f"send_email: no complete answer ({name}); the mail may have been sent")
