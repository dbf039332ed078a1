"""A stand-in for Google's services, for `bench cold` alone: just enough of REST to let a function answer really.

It keeps documents and secrets in memory, takes every task, and signs callers' tokens. What it refuses is not what
Google refuses: the tests use emulators and servers that know the rules.
"""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

PROJECT, LOCATION = "bench-project", "europe-west1"
ACCOUNT = f"tasks@{PROJECT}.iam.gserviceaccount.com"
_ROOT = f"projects/{PROJECT}/databases/(default)/documents"


class StandIn:
    """The services on one loopback port."""

    def __init__(self) -> None:
        self._documents: dict[str, dict[str, Any]] = {}
        self._secrets: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _certificate(self._key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def environment(self, url: str) -> dict[str, str]:
        """Return what makes a function in cloud mode use this; `url` is where the functions are said to answer."""
        return {
            "WORKWRIGHT_MODE": "cloud",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "WORKWRIGHT_LOCATION": LOCATION,
            "WORKWRIGHT_KMS_KEY": f"projects/{PROJECT}/locations/{LOCATION}/keyRings/r/cryptoKeys/k",
            "WORKWRIGHT_TASKS_ACCOUNT": ACCOUNT,
            "WORKWRIGHT_PUBLIC_URL": url,
            "WORKWRIGHT_FUNCTIONS_URL": url,
            "WORKWRIGHT_CERTS_URL": f"http://{self.address}/certs",
            "FIRESTORE_EMULATOR_HOST": self.address,
            "WORKWRIGHT_TASKS_ENDPOINT": self.address,
            "WORKWRIGHT_SECRETS_ENDPOINT": self.address,
            "WORKWRIGHT_KMS_ENDPOINT": self.address,
            "WORKWRIGHT_CODE_RUNNER_URL": f"{url}/code-runner",
            "WORKWRIGHT_RUNNER_CALLERS": ACCOUNT,
            "WORKWRIGHT_RUNNER_ANSWERS": "0",
        }

    def keep_secret(self, name: str, value: str) -> None:
        """Give the operator's secret a value."""
        self._secrets[name] = value.encode()

    def authorization(self, audience: str) -> str:
        """Return the header with which the queue calls a function."""
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": audience,
            "iat": now - 1,
            "exp": now + 3000,
            "email": ACCOUNT,
            "email_verified": True,
        }
        signed = f"{_part({'alg': 'RS256', 'kid': 'bench'})}.{_part(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"Bearer {signed}.{_text(signature)}"

    def answer(self, method: str, target: str, raw: bytes) -> tuple[int, Any]:
        """Return status and JSON of the answer."""
        path = urlsplit(target).path.partition("/")[2]
        if path == "certs":
            return 200, {"bench": self._certificate}
        path = path.partition("/")[2]  # behind the version
        asked = json.loads(raw) if raw else {}
        with self._lock:
            if path.startswith(_ROOT):
                return self._firestore(method, path.rpartition(":")[2], asked)
            if path.endswith(":access"):
                return self._secret(path)
        if path.endswith((":encrypt", ":decrypt")):
            held = asked.get("plaintext") or asked.get("ciphertext", "")  # wraps nothing: there is nothing to guard
            return 200, {"name": path.partition(":")[0], "ciphertext": held, "plaintext": held}
        return (200, {}) if path.endswith(("/tasks", ":addVersion")) else (404, _refusal(404, "NOT_FOUND"))

    def _secret(self, path: str) -> tuple[int, Any]:
        value = self._secrets.get(path.partition("/secrets/")[2].partition("/")[0])
        if value is None:
            return 404, _refusal(404, "NOT_FOUND")
        return 200, {"payload": {"data": base64.b64encode(value).decode()}}

    def _firestore(self, method: str, verb: str, asked: Any) -> tuple[int, Any]:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        if verb == "batchGet":
            found = [self._documents.get(name) for name in asked["documents"]]
            names = asked["documents"]
            return 200, [
                {"found": each} if each else {"missing": name} for each, name in zip(found, names, strict=True)
            ]
        if verb == "commit":
            for write in asked["writes"]:
                if not self._holds(write):
                    return 409, _refusal(409, "ALREADY_EXISTS")
            for write in asked["writes"]:
                self._apply(write, now)
            return 200, {"commitTime": now, "writeResults": [{}] * len(asked["writes"])}
        return 200, ([{"readTime": now}] if verb == "runQuery" else {})  # of queries and lists nothing is ever found

    def _holds(self, write: dict[str, Any]) -> bool:
        name = write.get("delete") or write["update"]["name"]
        return not (write.get("currentDocument", {}).get("exists") is False and name in self._documents)

    def _apply(self, write: dict[str, Any], now: str) -> None:
        if "delete" in write:
            self._documents.pop(write["delete"], None)
            return
        given = write["update"]
        before = self._documents.get(given["name"], {}).get("fields", {}) if "updateMask" in write else {}
        self._documents[given["name"]] = {
            "name": given["name"],
            "fields": {**before, **given["fields"]},
            "updateTime": now,
        }


def _handler(services: StandIn) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = services.answer(self.command, self.path, raw)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.do_POST()

    return Answer


def _refusal(code: int, status: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": "the stand-in says no"}}


def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return dated.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _part(data: Any) -> str:
    return _text(json.dumps(data).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
