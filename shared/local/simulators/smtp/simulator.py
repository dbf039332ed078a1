"""The simulated mail server: who may send, what it refuses, and the mailbox of everybody it takes mail for."""

from __future__ import annotations

import fnmatch
import hmac
import ssl
import tempfile
import threading
from email.utils import parseaddr
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from werkzeug.wrappers import Request, Response

from shared.lasting_port import find_lasting_port
from shared.local.simulators._page import page
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.smtp.certificate import AUTHORITY, SERVER, make_certificate
from shared.local.simulators.smtp.letters import describe_mail
from shared.local.simulators.smtp.listener import KINDS, Listener
from shared.local.simulators.smtp.session import Envelope

Json = dict[str, Any]
_SCHEMES = {"tls": "smtps", "starttls": "smtp+starttls", "plain": "smtp"}
_GREY_S = 300.0


class SmtpSimulator(Simulator):
    """SMTP on ports of its own, beside the pages and the control of all simulators over HTTP."""

    name = "smtp"
    stands_in = True  # mail goes one way

    def __init__(self, data: Path | None = None) -> None:
        self._listeners: dict[str, Listener] = {}
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._context: ssl.SSLContext | None = None
        self._making = threading.Lock()
        super().__init__(data)

    def fresh_state(self) -> Json:
        """Return a server that nobody may use yet."""
        config: Json = {"greylist": False, "per_minute": 0, "unknown": []}
        return {"logins": {}, "mailbox": [], "ports": {}, "seen": {}, "sent_at": [], "config": config}

    def start(self) -> None:
        """Listen, on the ports of last time where they are free."""
        for kind in KINDS:
            remembered = int(self.state["ports"].get(kind, 0))
            try:
                made = Listener(self, kind, remembered or find_lasting_port(), self._build_tls_context)
            except OSError:
                made = Listener(self, kind, find_lasting_port(), self._build_tls_context)
            self._listeners[kind] = made
        with self.lock:
            self.state["ports"] = {kind: each.port for kind, each in self._listeners.items()}
            self.save_now()

    def stop(self) -> None:
        """End with the process."""
        for each in self._listeners.values():
            each.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _folder(self) -> Path:
        if self.data is not None:
            return self.data
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory()
        return Path(self._temporary.name)

    def _build_tls_context(self) -> ssl.SSLContext:
        """Return what TLS is spoken with; made when first needed."""
        with self._making:
            if self._context is None:
                make_certificate(self._folder())
                self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                self._context.load_cert_chain(self._folder() / SERVER)
            return self._context

    def addresses(self) -> Json:
        """Return where it is spoken to, and the file with the authority to trust."""
        self._build_tls_context()
        where = {kind: f"{_SCHEMES[kind]}://127.0.0.1:{each.port}" for kind, each in self._listeners.items()}
        return {**where, "ca": str(self._folder() / AUTHORITY)}

    def find_order(self, verb: str) -> Json | None:
        """Return what was ordered to go wrong at this command ("END" is the dot after a mail), written down."""
        request = SimpleNamespace(method=verb, path="/smtp")
        order = self._matching_fault(cast(Request, request))
        if order is not None and verb != "END":
            with self.lock:
                self.write_down({"method": verb, "path": "/smtp", "status": order.get("status", 0), "effects": []})
        return order

    def check_login(self, name: str, password: str) -> bool:
        """Say whether that is somebody who may send."""
        known = str(self.state["logins"].get(name, {}).get("password", ""))
        return bool(known) and hmac.compare_digest(known.encode(), password.encode())

    def refuse_sender(self, name: str, address: str) -> str:
        """Return the refusal of a sender that is another's, or of one too many in a minute."""
        with self.lock:
            senders = self.state["logins"].get(name, {}).get("senders", [])
            if not any(fnmatch.fnmatchcase(address.lower(), each.lower()) for each in senders):
                return f"553 5.7.1 Sender address rejected: not owned by user {name}"
            now = self.now().timestamp()
            recent = [at for at in self.state["sent_at"] if now - at < 60]
            limit = int(self.state["config"]["per_minute"])
            return f"450 4.7.1 More than {limit} mails in a minute" if limit and len(recent) >= limit else ""

    def refuse_recipient(self, sender: str, address: str) -> str:
        """Return the refusal of somebody who is not there, or who is written to for the first time."""
        with self.lock:
            config = self.state["config"]
            if any(fnmatch.fnmatchcase(address.lower(), each.lower()) for each in config["unknown"]):
                return "550 5.1.1 User unknown"
            first = self.state["seen"].setdefault(f"{sender} {address}", self.now().timestamp())
            early = config["greylist"] and self.now().timestamp() - first < _GREY_S
            return "450 4.2.0 Greylisted, come again in 5 minutes" if early else ""

    def take(self, envelope: Envelope, content: bytes) -> str:
        """Keep a mail; return the reply."""
        with self.lock:
            number = len(self.state["mailbox"]) + 1
            mail: Json = {"id": str(number), "at": self.now().isoformat(), "login": envelope.login}
            mail |= {"envelope_from": envelope.sender, "to": envelope.recipients, **describe_mail(content)}
            allowed = self.state["logins"][envelope.login]["senders"]
            written = parseaddr(mail["from"])[1].lower()
            if not any(fnmatch.fnmatchcase(written, each.lower()) for each in allowed):
                return "550 5.7.1 The From field is another's address"
            self.state["mailbox"].append({**mail, "raw": content.decode("utf-8", "replace")})
            self.state["sent_at"] = [*self.state["sent_at"][-999:], self.now().timestamp()]
            self.touch()
            effect = {"kind": "email.send", **{key: mail[key] for key in ("id", "to", "subject", "message_id")}}
            self.write_down({"method": "END", "path": "/smtp", "status": 250, "effects": [effect]})
        return f"250 2.0.0 Taken as {number}"

    def answer(self, request: Request) -> Response:
        """Refuse: a mail server has no API."""
        return json_response({"error": "a mail server is spoken to by SMTP"}, 404)

    def beside(self, request: Request) -> Response | None:
        """Show the mailbox to people, and each mail as it is meant to be seen."""
        if request.method == "GET" and request.path == "/":
            return self._page()
        if request.method == "GET" and request.path.startswith("/html/"):
            return self._html(request.path.removeprefix("/html/"))
        return None

    def control(self, request: Request) -> Response | None:
        """`/_smtp` says where to speak; `/_seed` lets somebody send; `/_mailbox` lists, and empties by DELETE."""
        match request.method, request.path:
            case "GET", "/_smtp":
                return json_response(self.addresses())
            case "POST", "/_seed":
                order = request.get_json()
                known = {"password": order["password"], "senders": order.get("senders", ["*"])}
                self.state["logins"][order["username"]] = known
            case "POST", "/_config":
                return self.configure(request.get_json())
            case "DELETE", "/_mailbox":
                self.state["mailbox"] = []
            case "GET", "/_mailbox":
                return json_response(self.state["mailbox"])
            case _:
                return None
        self.touch()
        return json_response({"ok": True})

    def _page(self) -> Response:
        with self.lock:
            rows = "".join(_row(mail) for mail in reversed(self.state["mailbox"]))
        return page("Mail", f"<h1>Mail taken</h1><ul class='rows'>{rows}</ul>" if rows else "<h1>No mail yet</h1>")

    def _html(self, number: str) -> Response:
        with self.lock:
            found = next((mail for mail in self.state["mailbox"] if mail["id"] == number), None)
        if found is None or not found["html"]:
            return page("Not found", "<h1>No such mail</h1>", 404)
        policy = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return Response(found["html"], headers=headers, content_type="text/html; charset=utf-8")


def _row(mail: Json) -> str:
    link = f'<br><a href="/html/{mail["id"]}">as a mail program shows it</a>' if mail["html"] else ""
    return (
        f'<li><strong>{escape(mail["subject"])}</strong><br><span class="soft">{escape(mail["from"])} to '
        f"{escape(', '.join(mail['to']))}, {escape(mail['at'])}<br>{escape(mail['message_id'])}</span>"
        f'<pre class="text">{escape(mail["text"])}</pre>{link}</li>'
    )
