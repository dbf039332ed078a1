"""A slash command and an event of the simulated Slack, and where an app answers a command; and direct messages.

Sources: docs.slack.dev, "Implementing slash commands" (the form's fields, three seconds), "Handling user interaction"
(`response_url`: five times within 30 minutes), "Events API" (the envelope), "conversations.open".
"""

import hashlib
import hmac
import json
import re
import secrets
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.slack import _slack_tokens as tokens
from shared.local.simulators.slack._slack_blocks import Invalid, check_content
from shared.local.simulators.slack._slack_reading import read_arguments

if TYPE_CHECKING:
    from shared.local.simulators.slack.simulator import SlackSimulator

Json = dict[str, Any]
PATIENCE_S = 3.0
_ANSWER = re.compile(r"/commands/(?P<key>[\w-]+)")


def tell_app(sim: "SlackSimulator", request: Request) -> Response | None:
    """Have a person type (`POST /_command`: user, text) or something happen (`POST /_event`: event), and tell the app.

    `team`, `trigger` and `age_s` may say otherwise than usual. None for any other request.
    """
    if request.method != "POST" or request.path not in ("/_command", "/_event"):
        return None
    order, command = request.get_json(), request.path == "/_command"
    with sim.lock:
        payload = _make_command(sim, order) if command else _make_event(sim, order)
        url = sim.state.get("command_url" if command else "event_url", "")
        by_socket, secret = tokens.uses_sockets(sim.state), sim.state["signing_secret"]
    if by_socket:
        kind = "slash_commands" if command else "events_api"
        return json_response(sim.sockets.deliver(payload, kind) | {"payload": payload})
    stamp = str(int(sim.now().timestamp() - order.get("age_s", 0)))
    body = urlencode(payload).encode() if command else json.dumps(payload).encode()
    kind = "application/x-www-form-urlencoded" if command else "application/json"
    return _send(url, body, kind, stamp, secret, payload)


def answer_command(sim: "SlackSimulator", request: Request) -> Response | None:
    """Take an app's answer to a command; None where this is no address for one."""
    match = _ANSWER.fullmatch(request.path)
    if match is None or request.method != "POST":
        return None
    known = sim.state["responses"].get(match["key"])
    if known is None or known["left"] <= 0 or known["until"] < sim.now().timestamp():
        return json_response({"ok": False, "error": "used_url" if known else "invalid_url"}, 404)
    arguments, problem = read_arguments(request)
    try:
        fields = check_content(arguments)
    except Invalid as wrong:
        problem = problem or wrong.code
    if problem:
        return json_response({"ok": False, "error": problem}, 400)
    known["left"] -= 1
    sim.effect("command.answer", user=known["user"], text=fields["text"][:200])
    sim.touch()
    return Response("ok", 200)


def open_direct(sim: "SlackSimulator", arguments: Json, caller: Json) -> Json:
    """Return the direct messages with somebody, the same ones each time."""
    users = [each for each in str(arguments.get("users", "")).split(",") if each]
    if not users:
        raise Invalid("users_list_not_supplied")
    known = {each["id"] for each in sim.state["users"]}
    if len(users) != 1 or users[0] not in known:
        raise Invalid("user_not_found")
    channel = f"D{users[0][1:]}"
    was_open = channel in sim.state["channels"]
    sim.state["channels"].setdefault(channel, [])
    sim.touch()
    already = {"no_op": True, "already_open": True} if was_open else {}
    return {"channel": {"id": channel}, **already}


def _make_command(sim: "SlackSimulator", order: Json) -> Json:
    key = secrets.token_urlsafe(16)
    until = sim.now().timestamp() + 1800
    sim.state["responses"][key] = {"user": order["user"], "left": 5, "until": until}
    sim.touch()
    return {
        "token": "deprecated",
        "team_id": order.get("team", "T0SIM"),
        "team_domain": "simulated",
        "channel_id": "C1",
        "channel_name": "general",
        "user_id": order["user"],
        "user_name": str(order["user"]).lower(),
        "command": "/workwright",
        "text": order.get("text", ""),
        "api_app_id": "A0SIM",
        "is_enterprise_install": "false",
        "response_url": f"{sim.base_url}/commands/{key}",
        "trigger_id": order.get("trigger") or f"{secrets.randbelow(10**12)}.1.{secrets.token_hex(8)}",
    }


def _make_event(sim: "SlackSimulator", order: Json) -> Json:
    return {
        "token": "deprecated",
        "team_id": order.get("team", "T0SIM"),
        "api_app_id": "A0SIM",
        "event": order["event"],
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(sim.now().timestamp()),
    }


def _send(url: str, body: bytes, kind: str, stamp: str, secret: str, payload: Json) -> Response:
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}"}
    try:
        asked = urllib.request.Request(url, data=body, headers=headers, method="POST")
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as back:
            status, text = back.status, back.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as refused:
        with refused:
            status, text = refused.code, refused.read().decode("utf-8", "replace")
    except (OSError, ValueError):
        return json_response({"error": "operation_timeout", "payload": payload}, 502)
    return json_response({"status": status, "body": text, "payload": payload})
