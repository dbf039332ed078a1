"""The simulated mail service: answers as Amazon SES does; what was sent is kept for people and tests to read."""

import base64
import binascii
import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from html import escape
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from shared.local.simulators._page import page
from shared.local.simulators._server import Simulator, json_response

Json = dict[str, Any]
_IDENTITIES = "/v2/email/identities"
_ACCOUNT = "/v2/email/account"
_SEND = "/v2/email/outbound-emails"
_RECIPIENTS = 50  # at most, in one mail


class Refused(Exception):
    """A call that Amazon SES refuses, by the name its API has for that."""

    def __init__(self, name: str, what: str, status: int = 400) -> None:
        super().__init__(what)
        self.name, self.status = name, status


class SesSimulator(Simulator):
    """The calls of version 2 of the API that set up a sender, look at it, and send."""

    name = "ses"

    def fresh_state(self) -> Json:
        """Return a service that may send for nobody."""
        return {"identities": {}, "outbox": []}

    # --- one request ------------------------------------------------------------------------------------------------

    def beside(self, request: Request) -> Response | None:
        """Show the outbox to people."""
        if request.method == "GET" and request.path == "/":
            return self._page()
        return None

    def answer(self, request: Request) -> Response:
        """Answer a signed call; source: Amazon SES API v2 reference, and what botocore's description of it says."""
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
            return self.refuse(403, {}, None)
        number = {"x-amzn-RequestId": str(uuid4())}
        try:
            return json_response(self._answered(request), headers=number)
        except Refused as error:
            return json_response({"message": str(error)}, error.status, {"x-amzn-ErrorType": error.name, **number})

    def _answered(self, request: Request) -> Json:
        region, name = _region(request), unquote(request.path.removeprefix(f"{_IDENTITIES}/"))
        match request.method, request.path:
            case "GET", path if path == _ACCOUNT:
                return self._account_shape()
            case "POST", path if path == _IDENTITIES:
                return self._create(request, region)
            case "POST", path if path == _SEND:
                return self._send(_read(request), region)
            case "GET", path if path.startswith(f"{_IDENTITIES}/"):
                self._identity(region, name)
                # Mail goes out from every identity here, as if its owner had answered at once.
                about = {"FeedbackForwardingStatus": False, "Policies": {}, "VerificationStatus": "SUCCESS"}
                return {**_identity_shape(name), **about, "VerifiedForSendingStatus": True}
            case "DELETE", path if path.startswith(f"{_IDENTITIES}/"):
                self._identity(region, name)
                del self.state["identities"][f"{region}/{name}"]
                self.effect("identity.delete", identity=name)
                return {}
        raise Refused("UnknownOperationException", f"no such operation: {request.method} {request.path}", 404)

    def _create(self, request: Request, region: str) -> Json:
        name = _read(request).get("EmailIdentity")
        if not isinstance(name, str) or not name:
            raise Refused("BadRequestException", "EmailIdentity must not be empty")
        if f"{region}/{name}" in self.state["identities"]:
            raise Refused("AlreadyExistsException", f"Email identity {name} already exist.")
        self.state["identities"][f"{region}/{name}"] = _kept_request(request, region)
        self.effect("identity.create", identity=name, region=region)
        return _identity_shape(name)

    def _identity(self, region: str, name: str) -> None:
        if f"{region}/{name}" not in self.state["identities"]:
            raise Refused("NotFoundException", f"Email identity <{name}> does not exist.", 404)

    def _send(self, order: Json, region: str) -> Json:
        mail = _mail(order)
        reached = [*mail["to"], *mail["cc"], *mail["bcc"]]
        if len(reached) > _RECIPIENTS:
            raise Refused("MessageRejected", "Recipient count exceeds 50.")
        sender = parseaddr(mail["from"])[1]
        known = {f"{region}/{sender}", f"{region}/{sender.rpartition('@')[2]}"}
        if known.isdisjoint(self.state["identities"]):
            failed = f"The following identities failed the check in region {region.upper()}: {mail['from']}"
            raise Refused("MessageRejected", f"Email address is not verified. {failed}")
        for each in reached:
            before, _, domain = parseaddr(each)[1].partition("@")
            if not before or not domain or "@" in domain:
                raise Refused("BadRequestException", "Missing final '@domain'")
        mail |= {"id": str(uuid4()), "at": self.now().isoformat()}
        self.state["outbox"].append(mail)
        self.effect("email.send", **mail)
        return {"MessageId": mail["id"]}

    def _account_shape(self) -> Json:
        sandbox = bool(self.state.get("sandbox"))
        quota = {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": float(len(self.state["outbox"]))}
        return {
            "ProductionAccessEnabled": not sandbox,
            "SendingEnabled": not self.state.get("paused"),
            "EnforcementStatus": "HEALTHY",
            "DedicatedIpAutoWarmupEnabled": False,
            "SendQuota": quota if sandbox else {**quota, "Max24HourSend": 50_000.0, "MaxSendRate": 14.0},
        }

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault as the service names it."""
        name = {403: "MissingAuthenticationTokenException", 429: "TooManyRequestsException"}.get(
            status, "InternalServiceErrorException" if status >= 500 else "BadRequestException"
        )
        given = {"x-amzn-ErrorType": name, **headers}
        return json_response(body if body is not None else {"message": f"{name} (ordered)"}, status, given)

    # --- control and page -------------------------------------------------------------------------------------------

    def control(self, request: Request) -> Response | None:
        """`GET /_outbox` lists what was sent, `DELETE` forgets it; `POST /_account` says `sandbox` and `paused`."""
        if (request.method, request.path) == ("POST", "/_account"):
            self.state |= {
                key: bool(value) for key, value in request.get_json().items() if key in ("sandbox", "paused")
            }
            self.touch()
            return json_response(self._account_shape())
        if request.path != "/_outbox":
            return None
        if request.method == "DELETE":
            self.state["outbox"] = []
            self.touch()
        return json_response(self.state["outbox"])

    def _page(self) -> Response:
        with self.lock:
            rows = "".join(
                f'<li><strong>{escape(mail["subject"])}</strong><br><span class="soft">{escape(mail["from"])} to '
                f"{escape(', '.join(mail['to']))}, {escape(mail['at'])}</span>"
                f'<pre class="text">{escape(mail["text"] or mail["html"])}</pre></li>'
                for mail in reversed(self.state["outbox"])
            )
        return page("Mail", f"<h1>Mail sent</h1><ul class='rows'>{rows}</ul>" if rows else "<h1>No mail yet</h1>")


def _read(request: Request) -> Json:
    try:
        order = json.loads(request.get_data())
    except ValueError:
        order = None
    if not isinstance(order, dict):
        raise Refused("BadRequestException", "the body is no JSON object")
    return order


def _region(request: Request) -> str:
    """Read the region out of the signature's scope: `Credential=key/date/region/service/aws4_request`."""
    parts = request.headers["Authorization"].partition("Credential=")[2].split("/")
    return parts[2] if len(parts) > 2 else "us-east-1"


def _kept_request(request: Request, region: str) -> Json:
    """Keep what made the identity, without the signature."""
    return {"path": request.path, "region": region, "body": request.get_data().decode()}


def _identity_shape(name: str) -> Json:
    """Say what an identity is on the day it is made: an address or a domain, not verified, its keys not asked for."""
    origin = {"NextSigningKeyLength": "RSA_1024_BIT", "SigningAttributesOrigin": "AWS_SES"}
    return {
        "IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
        "VerifiedForSendingStatus": False,
        "DkimAttributes": {"SigningEnabled": False, "Status": "NOT_STARTED", **origin},
    }


def _mail(order: Json) -> Json:
    """Read who gets what out of a SendEmail call, for a simple and for a raw message."""
    destination = order.get("Destination", {})
    mail: Json = {
        "from": order.get("FromEmailAddress", ""),
        "to": destination.get("ToAddresses", []),
        "cc": destination.get("CcAddresses", []),
        "bcc": destination.get("BccAddresses", []),
        "reply_to": order.get("ReplyToAddresses", []),
        "tags": {tag["Name"]: tag["Value"] for tag in order.get("EmailTags", [])},
        "subject": "",
        "text": "",
        "html": "",
        "headers": {},
    }
    content = order.get("Content", {})
    if "Simple" in content:
        return mail | _simple(content["Simple"])
    if "Raw" in content:
        return mail | _raw(content["Raw"].get("Data", ""), mail)
    raise Refused("BadRequestException", "Content must be Simple or Raw here")


def _simple(simple: Json) -> Json:
    body = simple.get("Body", {})
    if "Subject" not in simple or not ("Text" in body or "Html" in body):
        raise Refused("BadRequestException", "a simple message has a subject, and a body in text or in HTML")
    return {
        "subject": simple["Subject"]["Data"],
        "text": body.get("Text", {}).get("Data", ""),
        "html": body.get("Html", {}).get("Data", ""),
        "headers": {header["Name"]: header["Value"] for header in simple.get("Headers", [])},
    }


def _raw(data: str, mail: Json) -> Json:
    try:
        message = message_from_bytes(base64.b64decode(data), policy=policy.default)
    except (binascii.Error, ValueError) as error:
        raise Refused("BadRequestException", f"Data is not in base 64: {error}") from error
    assert isinstance(message, EmailMessage)
    parts = {kind: message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")}
    named = {part: [str(value) for value in message.get_all(part, [])] for part in ("to", "cc", "bcc")}
    sent = {} if mail["to"] or mail["cc"] or mail["bcc"] else {part: _addresses(named[part]) for part in named}
    return sent | {
        "from": mail["from"] or str(message["From"] or ""),
        "subject": str(message["Subject"] or ""),
        "text": parts["plain"].get_content() if parts["plain"] else "",
        "html": parts["html"].get_content() if parts["html"] else "",
        "headers": {key: str(value) for key, value in message.items()},
    }


def _addresses(lines: list[str]) -> list[str]:
    return [address for _, address in getaddresses(lines) if address]
