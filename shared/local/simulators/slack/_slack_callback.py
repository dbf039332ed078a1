"""What the simulated Slack tells an app of a click, and how it does so over HTTP."""

import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response

Json = dict[str, Any]
MAX_CLICK_ANSWER_S = 10.0


def call_back(url: str, secret: str, payload: Json, retry: Any, ts: str) -> Response:
    """Post it to the app, signed as Slack signs; say what the app answered."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    signature = hmac.new(secret.encode(), b"v0:" + ts.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": ts,
        "X-Slack-Signature": f"v0={signature}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        **({"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}),
    }
    try:
        asked = urllib.request.Request(url, data=body, headers=headers, method="POST")
        with urllib.request.urlopen(asked, timeout=MAX_CLICK_ANSWER_S) as back:
            status, text = back.status, back.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as refused:
        with refused:
            status, text = refused.code, refused.read().decode("utf-8", "replace")
    except OSError as failed:
        return json_response({"error": f"the interactivity URL did not answer: {failed}"}, 502)
    return json_response({"status": status, "body": text, "payload": payload})


def click_payload(where: Json, user: Json, block: Json, element: Json, ts: str) -> Json:
    """Return what an app is told of a click on an element of a message."""
    channel = where["channel"]
    action = {key: element[key] for key in ("action_id", "text", "value", "style", "type", "url") if key in element}
    return {
        "type": "block_actions",
        "user": {"id": user["id"], "username": user["name"], "name": user["name"], "team_id": "T0SIM"},
        "api_app_id": "A0SIM",
        "token": "deprecated",
        "container": {
            "type": "message",
            "message_ts": where["message"]["ts"],
            "channel_id": channel,
            "is_ephemeral": False,
        },
        "trigger_id": f"{ts.replace('.', '')}.1.{secrets.token_hex(8)}",
        "team": {"id": "T0SIM", "domain": "simulated"},
        "channel": {"id": channel, "name": channel.lower()},
        "message": where["message"],
        "response_url": where["response_url"],
        "actions": [action | {"block_id": block.get("block_id", ""), "action_ts": ts}],
    }
