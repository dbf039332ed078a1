"""The simulated OpenID provider: authorization code with PKCE, tokens signed with RS256, keys and discovery.

Strict where OpenID Connect and RFC 7636 are: the redirect address is one of the client's, letter by letter; a code
counts once, for a minute, with its own address and verifier. `POST /_seed` takes a client and accounts, `/_config` says
who answers.
"""

import base64
import hashlib
import hmac
import json
import secrets
from html import escape
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

from shared.local.simulators._page import page
from shared.local.simulators._server import Json, Simulator, json_response

_AUTHORIZE, _TOKEN, _KEYS = "/o/oauth2/v2/auth", "/token", "/oauth2/v3/certs"
_CODE_S, _TOKEN_S = 60, 3600
_KEY_ID = "simulated-1"


class GoogleAccountsSimulator(Simulator):
    """Accounts, one client or several, and the codes that wait to be redeemed."""

    name = "google_accounts"

    def fresh_state(self) -> Json:
        """Return a provider that knows nobody; its key is made when first needed."""
        config: Json = {"authorize_as": None, "claims": {}, "names_itself": True}
        return {"clients": {}, "accounts": [], "codes": {}, "key": "", "config": config}

    def control(self, request: Request) -> Response | None:
        """`POST /_seed` adds a client and accounts; `POST /_config` says who signs in, and what tokens claim."""
        if request.method == "POST" and request.path == "/_config":
            return self.configure(request.get_json())
        if (request.method, request.path) != ("POST", "/_seed"):
            return None
        order = request.get_json()
        if client := order.get("client"):
            self.state["clients"][client["client_id"]] = client
        known = {each["email"] for each in self.state["accounts"]}
        for each in order.get("accounts", ()):
            if each["email"] not in known:
                sub = str(10**20 + secrets.randbelow(10**20))
                self.state["accounts"].append({"sub": sub, "email_verified": True, **each})
        self.touch()
        return json_response({"accounts": self.state["accounts"]})

    def answer(self, request: Request) -> Response:
        """Answer what a browser or the client asks."""
        found = {
            ("GET", "/.well-known/openid-configuration"): self._describe,
            ("GET", _AUTHORIZE): self._authorize,
            ("POST", _TOKEN): self._redeem,
            ("GET", _KEYS): self._show_keys,
        }.get((request.method, request.path))
        return found(request) if found else json_response({"error": "not_found"}, 404)

    def _describe(self, request: Request) -> Response:
        base = self.base_url
        return json_response({
            "issuer": base,
            "authorization_endpoint": base + _AUTHORIZE,
            "token_endpoint": base + _TOKEN,
            "jwks_uri": base + _KEYS,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.state["config"]["names_itself"],
        })  # fmt: skip

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        client = self.state["clients"].get(asked.get("client_id", ""))
        if client is None:
            return page("Error", "<h1>Error 401: invalid_client</h1>", 401)
        if asked.get("redirect_uri") not in client["redirect_uris"]:
            return page("Error", "<h1>Error 400: redirect_uri_mismatch</h1>", 400)
        if why := _find_fault(asked):
            return self._send_back(asked, {"error": "invalid_request", "error_description": why})
        if asked.get("decline"):
            return self._send_back(asked, {"error": "access_denied"})
        wanted = asked.get("account") or self.state["config"]["authorize_as"]
        account = next((each for each in self.state["accounts"] if wanted in (each["sub"], each["email"])), None)
        if account is None:
            return self._choose(asked)
        code = secrets.token_urlsafe(24)
        kept = {name: asked[name] for name in ("client_id", "redirect_uri", "nonce", "code_challenge")}
        self.state["codes"][code] = {**kept, "sub": account["sub"], "until": self.now().timestamp() + _CODE_S}
        self.effect("code.issue", sub=account["sub"])
        return self._send_back(asked, {"code": code})

    def _send_back(self, asked: Any, answer: Json) -> Response:
        state = {"state": asked["state"]} if asked.get("state") else {}
        named = {"iss": self.base_url} if self.state["config"]["names_itself"] else {}
        where = f"{asked['redirect_uri']}?{urlencode({**answer, **state, **named})}"
        return Response(status=302, headers={"Location": where})

    def _choose(self, asked: Any) -> Response:
        given = asked.to_dict()
        ways = [(f"{each['name']}, {each['email']}", {"account": each["sub"]}) for each in self.state["accounts"]]
        rows = "".join(
            f'<li><a href="{_AUTHORIZE}?{escape(urlencode({**given, **more}), quote=True)}">{escape(words)}</a></li>'
            for words, more in [*ways, ("None of them", {"decline": "1"})]
        )
        return page("Choose an account", f"<h1>Choose an account</h1><ul class='rows'>{rows}</ul>")

    def _redeem(self, request: Request) -> Response:
        form = request.form
        client = self.state["clients"].get(form.get("client_id", ""))
        if client is None or not hmac.compare_digest(client["client_secret"], form.get("client_secret", "")):
            return json_response({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "authorization_code":
            return json_response({"error": "unsupported_grant_type"}, 400)
        code = self.state["codes"].pop(form.get("code", ""), None)
        self.touch()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = code is not None and (
            code["client_id"] == form["client_id"]
            and code["redirect_uri"] == form.get("redirect_uri")
            and code["code_challenge"] == _encode(digest)
            and self.now().timestamp() < code["until"]
        )
        if code is None or not right:
            return json_response({"error": "invalid_grant", "error_description": "Malformed auth code."}, 400)
        self.effect("token.issue", sub=code["sub"])
        token = self._sign(self._claims(code))
        access = {"access_token": secrets.token_urlsafe(24), "expires_in": _TOKEN_S, "token_type": "Bearer"}
        return json_response({**access, "scope": "openid email profile", "id_token": token})

    def _claims(self, code: Json) -> Json:
        account = next(each for each in self.state["accounts"] if each["sub"] == code["sub"])
        issued = int(self.now().timestamp())
        answer = {"iss": self.base_url, "aud": code["client_id"], "azp": code["client_id"], "nonce": code["nonce"]}
        times = {"iat": issued, "exp": issued + _TOKEN_S}
        return {**answer, **times, **account, **self.state["config"]["claims"]}

    def _sign(self, claims: Json) -> str:
        head = {"alg": "RS256", "kid": _KEY_ID, "typ": "JWT"}
        signed = ".".join(_encode(json.dumps(each).encode()) for each in (head, claims))
        return f"{signed}.{_encode(self._key().sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"

    def _show_keys(self, request: Request) -> Response:
        numbers = self._key().public_key().public_numbers()
        sizes = {"n": numbers.n, "e": numbers.e}
        key = {name: _encode(value.to_bytes((value.bit_length() + 7) // 8, "big")) for name, value in sizes.items()}
        return json_response({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KEY_ID, **key}]})

    def _key(self) -> rsa.RSAPrivateKey:
        if not self.state["key"]:
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            self.state["key"] = made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode()
            self.touch()
        key = serialization.load_pem_private_key(self.state["key"].encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key


def _find_fault(asked: Any) -> str:
    """Return what is wrong with an authorization request, "" for nothing."""
    if asked.get("response_type") != "code":
        return "response_type must be code"
    if "openid" not in asked.get("scope", "").split():
        return "scope must have openid"
    if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
        return "code_challenge must be of S256"
    return "" if asked.get("nonce") else "nonce is missing"


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
