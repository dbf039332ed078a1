"""Ask a deployed installation whether it works: `python3 tools/smoke.py --urls urls.json [--result FILE]`.

`urls.json` maps functions to addresses, as `terraform output -json urls` does. Nothing it asks changes anything. With
`--webhook-token-file` (the value of the secret notion-webhook-token) a signed delivery is sent too: of a workspace that
nobody has, so it is taken and forgotten.

One line per check; exit code 1 when one fails. `--result` gets "passed" or "failed", for the steps that come after. It
needs nothing but Python's own library, so that any image can run it.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

PUBLIC = ("api", "notion-webhook", "forge-webhook", "oauth-callback")
REFUSED = (401, 403, 404)  # ours, the platform's for a caller without the role, and its for one from outside
_TIMEOUT_S = 30.0  # a cold start is within it
_TRIES, _PAUSE_S = 3, 2.0  # of a door that does not answer yet


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when nothing did."""

    status: int
    body: str = ""

    def json(self) -> Mapping[str, Any]:
        """Return the body, {} when it is no object."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    def __str__(self) -> str:
        """Return what is told of it: no body, which may say more than a log should keep."""
        return f"answered {self.status}" if self.status else "did not answer"


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none: an answer that leads elsewhere is that answer."""


_OPENER = urllib.request.build_opener(_Straight)


def ask(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask once, or again where nothing answers yet: with GET, with a body POST."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json", **(headers or {})})
    for last in (False,) * (_TRIES - 1) + (True,):
        try:
            with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                return Answer(answer.status, answer.read(100_000).decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            if error.code < 500 or last:
                return Answer(error.code, error.read(100_000).decode("utf-8", "replace"))
        except OSError:
            if last:
                return Answer(0)
        time.sleep(_PAUSE_S)
    raise AssertionError("the last try returns")


def checks(urls: Mapping[str, str], token: str = "") -> list[tuple[str, Callable[[], str]]]:
    """Return what is looked at: a sentence, and what returns "" where it holds, else what was there instead."""
    found: list[tuple[str, Callable[[], str]]] = [
        ("api and its store are well", lambda: _health(urls["api"])),
        ("api shows no runs without a key", lambda: _status(ask(urls["api"] + "/v1/runs"), 401)),
        ("oauth-callback accepts no answer without its state", lambda: _status(ask(urls["oauth-callback"] + "/"), 400)),
        ("notion-webhook refuses what is not signed", lambda: _refuses(urls["notion-webhook"], {})),
        ("notion-webhook refuses a wrong signature", lambda: _refuses(urls["notion-webhook"], _sign_delivery("wrong"))),
        ("forge-webhook refuses what is not signed", lambda: _refuses(f"{urls['forge-webhook']}/hooks/github", {})),
    ]
    if token:
        taken = "notion-webhook accepts what is signed"
        found.append((taken, lambda: _status(ask(urls["notion-webhook"], _DELIVERY, _sign_delivery(token)), 200)))
    private = sorted(set(urls) - set(PUBLIC))
    return found + [(f"{name} answers nobody without a token", partial(_private, urls[name])) for name in private]


def _health(url: str) -> str:
    answer = ask(f"{url}/v1/health")
    if answer.status != 200:
        return str(answer)
    health = answer.json()
    return "" if (health.get("status"), health.get("store")) == ("ok", "ok") else "answered that it is not well"


def _status(answer: Answer, wanted: int) -> str:
    return "" if answer.status == wanted else f"{answer}, not {wanted}"


def _refuses(url: str, headers: Mapping[str, str]) -> str:
    answer = ask(url, _DELIVERY, headers)
    named = answer.json().get("type") == "urn:workwright:bad_signature"
    return "" if answer.status == 401 and named else f"{answer}, not 401 for its signature"


def _private(url: str) -> str:
    answer = ask(url, b"{}")
    return "" if answer.status in REFUSED else f"{answer}, not one of {', '.join(map(str, REFUSED))}"


def _delivery() -> bytes:
    ids = {name: str(uuid.uuid4()) for name in ("id", "workspace_id", "subscription_id", "integration_id")}
    about = {
        "entity": {"id": str(uuid.uuid4()), "type": "page"},
        "data": {"parent": {"id": str(uuid.uuid4()), "type": "page"}},
    }
    sent = {"timestamp": datetime.now(UTC).isoformat(), "attempt_number": 1, "api_version": "2026-03-11"}
    return json.dumps({**ids, **sent, **about, "type": "page.created", "authors": []}).encode()


_DELIVERY = _delivery()


def _sign_delivery(token: str) -> dict[str, str]:
    return {"X-Notion-Signature": "sha256=" + hmac.new(token.encode(), _DELIVERY, hashlib.sha256).hexdigest()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at everything, and say what holds."""
    parser = argparse.ArgumentParser(description="Ask a deployed installation whether it works.")
    parser.add_argument("--urls", type=Path, required=True, help="JSON: function → address")
    parser.add_argument("--webhook-token-file", type=Path, help="the value of the secret notion-webhook-token")
    parser.add_argument("--result", type=Path, help='where "passed" or "failed" is written')
    given = parser.parse_args(arguments)
    urls = {name: str(url).rstrip("/") for name, url in json.loads(given.urls.read_text(encoding="utf-8")).items()}
    missing = [name for name in PUBLIC if not urls.get(name)]
    well = not missing
    for name in missing:
        sys.stdout.write(f"✗ {name} has no address\n")
    file = given.webhook_token_file
    token = file.read_text(encoding="utf-8").strip() if file and file.is_file() else ""
    for sentence, check in checks(urls, token) if well else []:
        trouble = check()
        well = well and not trouble
        sys.stdout.write(f"✗ {sentence}: it {trouble}\n" if trouble else f"✓ {sentence}\n")
    if not token:
        sys.stdout.write("… no signed delivery was sent, because the signing token is not available here\n")
    if given.result:
        given.result.write_text("passed\n" if well else "failed\n", encoding="utf-8")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
