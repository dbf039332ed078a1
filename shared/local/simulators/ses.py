"""The simulated mail service: moto answers as Amazon SES does; what was sent is kept for people and tests to read."""

import base64
import binascii
import io
import itertools
import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote

from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Request, Response

from shared.local.simulators._page import page
from shared.local.simulators._server import Simulator, json_response

Json = dict[str, Any]
_IDENTITIES = "/v2/email/identities"
_ACCOUNT = "/v2/email/account"
_SEND = "/v2/email/outbound-emails"
_moto_lock = Lock()
_accounts = itertools.count(1)  # moto's memory is the process's: simulators in one process get an account each


class SesSimulator(Simulator):
    """Version 2 of the API; identities and the outbox outlive a restart, moto's memory does not."""

    name = "ses"

    def __init__(self, data: Path | None = None) -> None:
        self._app: Any = None
        self._account = f"{next(_accounts):012d}"
        super().__init__(data)

    def fresh_state(self) -> Json:
        """Return a service that may send for nobody."""
        return {"identities": {}, "outbox": []}

    @property
    def app(self) -> Any:
        """Return moto's application; made when first needed, because importing it takes seconds."""
        with _moto_lock:
            if self._app is None:
                from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

                self._app = DomainDispatcherApplication(create_backend_app)
                for kept in self.state["identities"].values():
                    self._ask_moto(Request(_environ_of(kept)))
            return self._app

    def _ask_moto(self, request: Request) -> Response:
        environ = dict(request.environ) | {"HTTP_X_MOTO_ACCOUNT_ID": self._account}
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return Response(b"".join(body), status, headers=list(headers.items()))

    def beside(self, request: Request) -> Response | None:
        """Show the outbox to people."""
        if request.method == "GET" and request.path == "/":
            return self._page()
        return None

    def answer(self, request: Request) -> Response:
        """Let moto answer; keep what a success has changed."""
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
            return self.refuse(403, {}, None)
        if (request.method, request.path) == ("GET", _ACCOUNT):
            return json_response(self._account_shape())
        _ = self.app
        body = request.get_data()
        environ = dict(request.environ)
        response = self._ask_moto(Request(_with_body(environ, body)))
        if response.status_code < 300:
            self._keep(request, body, response)
            if request.method == "GET" and request.path.startswith(f"{_IDENTITIES}/"):
                # Mail goes out from every identity here, as if its owner had answered at once; moto says that none is.
                verified = {"VerifiedForSendingStatus": True, "VerificationStatus": "SUCCESS"}
                return json_response({**json.loads(response.get_data()), **verified})
        return response

    def _account_shape(self) -> Json:
        """Answer GetAccount, which moto lacks; source: Amazon SES API v2 reference, GetAccount."""
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

    def _keep(self, request: Request, body: bytes, response: Response) -> None:
        if request.path == _IDENTITIES and request.method == "POST":
            identity = json.loads(body)["EmailIdentity"]
            region = _region(request)
            self.state["identities"][f"{region}/{identity}"] = _keep_request(request, body)
            self.effect("identity.create", identity=identity, region=region)
        elif request.path.startswith(f"{_IDENTITIES}/") and request.method == "DELETE":
            identity = unquote(request.path.rsplit("/", 1)[-1])
            self.state["identities"].pop(f"{_region(request)}/{identity}", None)
            self.effect("identity.delete", identity=identity)
        elif request.path == _SEND and request.method == "POST":
            mail = _mail(json.loads(body)) | {"id": json.loads(response.get_data())["MessageId"]}
            mail["at"] = self.now().isoformat()
            self.state["outbox"].append(mail)
            self.effect("email.send", **mail)

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


def _with_body(environ: Json, body: bytes) -> Json:
    return environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _region(request: Request) -> str:
    """Read the region out of the signature's scope: `Credential=key/date/region/service/aws4_request`."""
    parts = request.headers["Authorization"].partition("Credential=")[2].split("/")
    return parts[2] if len(parts) > 2 else "us-east-1"


def _keep_request(request: Request, body: bytes) -> Json:
    """Keep what is needed to make the same identity again, without the signature."""
    return {"path": request.path, "region": _region(request), "body": body.decode()}


def _environ_of(kept: Json) -> Json:
    scope = f"AWS4-HMAC-SHA256 Credential=restored/20260101/{kept['region']}/ses/aws4_request, SignedHeaders=host"
    headers = {"Authorization": f"{scope}, Signature=restored", "Content-Type": "application/json"}
    builder = EnvironBuilder(path=kept["path"], method="POST", data=kept["body"], headers=list(headers.items()))
    try:
        return dict(builder.get_environ())
    finally:
        builder.close()


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
        simple = content["Simple"]
        mail["subject"] = simple["Subject"]["Data"]
        mail["text"] = simple.get("Body", {}).get("Text", {}).get("Data", "")
        mail["html"] = simple.get("Body", {}).get("Html", {}).get("Data", "")
        mail["headers"] = {header["Name"]: header["Value"] for header in simple.get("Headers", [])}
    elif "Raw" in content:
        mail |= _raw(content["Raw"]["Data"], mail)
    return mail


def _raw(data: str, mail: Json) -> Json:
    try:
        message = message_from_bytes(base64.b64decode(data), policy=policy.default)
    except (binascii.Error, ValueError):
        return {}
    assert isinstance(message, EmailMessage)
    parts = {kind: message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")}
    return {
        "from": mail["from"] or str(message["From"] or ""),
        "to": mail["to"] or [str(message["To"] or "")],
        "subject": str(message["Subject"] or ""),
        "text": parts["plain"].get_content() if parts["plain"] else "",
        "html": parts["html"].get_content() if parts["html"] else "",
        "headers": {key: str(value) for key, value in message.items()},
    }
