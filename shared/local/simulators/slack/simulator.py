"""The simulated Slack: messages with buttons, their history, clicks signed as Slack does it, and a page."""

import re
import secrets
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._page import page
from shared.local.simulators._server import Simulator, json_response
from shared.local.simulators.slack import _slack_oauth as oauth
from shared.local.simulators.slack import _slack_slash as slash
from shared.local.simulators.slack import _slack_threads as threads
from shared.local.simulators.slack import _slack_tokens as tokens
from shared.local.simulators.slack._slack_blocks import Invalid, check_content, elements_named
from shared.local.simulators.slack._slack_callback import call_back, click_payload
from shared.local.simulators.slack._slack_reading import channel_rows, read_arguments

if TYPE_CHECKING:
    from shared.local.simulators.slack.slack_socket import Sockets

Json = dict[str, Any]
_RESPONSE = re.compile(r"/actions/(?P<secret>[\w-]+)")


class SlackSimulator(Simulator):
    """One workspace with its channels; every answer is 200, and `ok` says whether it went well."""

    name = "slack"

    def fresh_state(self) -> Json:
        """Return a workspace without anybody."""
        empty: Json = {"tokens": {}, "channels": {}, "users": [], "responses": {}, "last_ts": 0}
        return empty | {"signing_secret": "", "interactivity_url": "", "next_bot": 1}

    @cached_property
    def sockets(self) -> "Sockets":
        """Return the connections of socket mode, which is on when there is an app-level token."""
        from shared.local.simulators.slack.slack_socket import (
            Sockets,  # with a library that a house without it need not load
        )

        return Sockets(lambda: self.now().timestamp())

    def stop(self) -> None:
        """End the connections with the process."""
        if "sockets" in vars(self):
            self.sockets.stop()

    def beside(self, request: Request) -> Response | None:
        """Show the page, and let a person click: the app on the other side may call back meanwhile."""
        if request.method == "GET" and request.path == "/":
            return self._page()
        if request.method == "POST" and request.path == "/_click":
            return self._click(request.get_json())
        return slash.tell_app(self, request)

    def answer(self, request: Request) -> Response:
        """Find the method, check the token, answer."""
        if (other := oauth.install(self, request) or slash.answer_command(self, request)) is not None:
            return other
        match = _RESPONSE.fullmatch(request.path)
        if match is not None and request.method == "POST":
            return self._respond_to_click(match["secret"], request)
        name = request.path.removeprefix("/").removeprefix("api/")
        method = _METHODS.get(name)
        if method is None:
            return self._answer_error("unknown_method", req_method=name)
        arguments, problem = read_arguments(request)
        if problem:
            return self._answer_error(problem)
        try:
            caller = tokens.find_caller(self.state, request, arguments, self.now().timestamp())
            scopes = {"x-oauth-scopes": ",".join(tokens.scopes_of(caller))}
        except Invalid as wrong:
            return self._answer_error(wrong.code)
        try:
            tokens.must(caller, name)
            return json_response({"ok": True, **method(self, arguments, caller)}, 200, scopes)
        except Invalid as wrong:
            return json_response({"ok": False, "error": wrong.code, **wrong.more}, 200, scopes)

    def refuse(self, status: int, headers: dict[str, str], body: Any) -> Response:
        """Shape an ordered fault; a limit says when to come back."""
        given = {key.lower(): value for key, value in headers.items()}
        if status == 429:
            given.setdefault("retry-after", "1")
        error = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}.get(status, "fatal_error")
        return json_response(body if body is not None else {"ok": False, "error": error}, status, given)

    @staticmethod
    def _answer_error(error: str, **more: Any) -> Response:
        return json_response({"ok": False, "error": error, **more})

    def _ts(self) -> str:
        """Return a new message's name: its time, never the same twice."""
        moment = max(int(self.now().timestamp() * 1_000_000), self.state["last_ts"] + 1)
        self.state["last_ts"] = moment
        return f"{moment // 1_000_000}.{moment % 1_000_000:06d}"

    def auth_test(self, arguments: Json, caller: Json) -> Json:
        """Say whose token it is."""
        names = {"url": f"{self.base_url}/", "team": "Simulated", "team_id": "T0SIM", "is_enterprise_install": False}
        return names | {"user": caller["user"], "user_id": caller["user_id"], "bot_id": caller["bot_id"]}

    def open_socket(self, arguments: Json, caller: Json) -> Json:
        """Say where a socket can be opened, once and soon."""
        return {"url": self.sockets.open_address()}

    def post(self, arguments: Json, caller: Json) -> Json:
        """Post a message."""
        channel = self._channel(arguments, caller)
        fields = check_content(arguments)
        thread = arguments.get("thread_ts")
        if thread is not None and all(message["ts"] != thread for message in self.state["channels"][channel]):
            raise Invalid("thread_not_found" if re.fullmatch(r"\d+\.\d{6}", str(thread)) else "invalid_thread_ts")
        ts = self._ts()
        message = {
            "type": "message",
            "user": caller["user_id"],
            "bot_id": caller["bot_id"],
            "app_id": "A0SIM",
            "team": "T0SIM",
            "ts": ts,
            **fields,
            **({"thread_ts": thread} if thread is not None else {}),
        }
        self.state["channels"][channel].append(message)
        threads.count_reply(self.state["channels"][channel], str(thread or ""), message)
        self.effect(
            "message.post",
            channel=channel,
            ts=ts,
            text=fields["text"][:200],
            thread_ts=thread,
            metadata=fields.get("metadata"),
        )
        return {"channel": channel, "ts": ts, "message": message}

    def update(self, arguments: Json, caller: Json) -> Json:
        """Change a message of one's own."""
        channel = self._channel(arguments, caller)
        message = self._message(channel, str(arguments.get("ts", "")))
        if message is None:
            raise Invalid("message_not_found")
        if message["bot_id"] != caller["bot_id"]:
            raise Invalid("cant_update_message")
        self._change(channel, message, check_content(arguments, old=message))
        return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": message}

    def _change(self, channel: str, message: Json, fields: Json) -> None:
        if "blocks" not in fields:
            message.pop("blocks", None)
        stamp = {"user": message["user"], "ts": self._ts()}
        message.update(fields, edited=stamp)
        self.effect("message.update", channel=channel, ts=message["ts"], text=fields["text"][:200])

    def history(self, arguments: Json, caller: Json) -> Json:
        """List messages of a channel, newest first; threads and metadata stay out unless asked for."""
        messages = self.state["channels"][self._channel(arguments, caller)]
        return threads.history(messages, arguments) | {"pin_count": 0}

    def replies(self, arguments: Json, caller: Json) -> Json:
        """List a thread, the oldest first."""
        return threads.replies(self.state["channels"][self._channel(arguments, caller)], arguments)

    def delete(self, arguments: Json, caller: Json) -> Json:
        """Delete a message of one's own."""
        channel, ts = self._channel(arguments, caller), str(arguments.get("ts", ""))
        threads.delete(self.state["channels"][channel], self._message(channel, ts), caller)
        self.effect("message.delete", channel=channel, ts=ts)
        return {"channel": channel, "ts": ts}

    def _channel(self, arguments: Json, caller: Json) -> str:
        channel = arguments.get("channel")
        if not isinstance(channel, str) or channel not in self.state["channels"]:
            raise Invalid("channel_not_found")
        tokens.must_be_in(caller, channel)
        return channel

    def _message(self, channel: str, ts: str) -> Json | None:
        found: Json | None = next(
            (message for message in self.state["channels"].get(channel, []) if message["ts"] == ts), None
        )
        return found

    def _click(self, order: Json) -> Response:
        with self.lock:
            channel, action_id, user_id = str(order["channel"]), str(order["action_id"]), str(order["user"])
            message = self._message(channel, str(order["ts"]))
            buttons = elements_named(message, action_id)
            if message is None or not buttons:
                return json_response({"error": "no such button"}, 404)
            by_socket = tokens.uses_sockets(self.state)
            if not self.state["interactivity_url"] and not by_socket:
                return json_response({"error": "no interactivity URL is set"}, 409)
            payload = self._payload(channel, message, *buttons[0], user_id)
            self._save(None)
            url, secret = self.state["interactivity_url"], self.state["signing_secret"]
        if by_socket:
            return json_response(self.sockets.deliver(payload) | {"payload": payload})
        return call_back(url, secret, payload, order.get("retry"), str(int(self.now().timestamp())))

    def _payload(self, channel: str, message: Json, block: Json, element: Json, user_id: str) -> Json:
        user = next(
            (known_user for known_user in self.state["users"] if known_user["id"] == user_id),
            {"id": user_id, "name": user_id},
        )
        key = secrets.token_urlsafe(16)
        until = self.now().timestamp() + 1800
        self.state["responses"][key] = {"channel": channel, "ts": message["ts"], "left": 5, "until": until}
        self.touch()
        ts = self._ts()
        where = {"channel": channel, "message": message, "response_url": f"{self.base_url}/actions/{key}"}
        return click_payload(where, user, block, element, ts)

    def _respond_to_click(self, key: str, request: Request) -> Response:
        """Answer a post to a response URL: five times within half an hour."""
        known = self.state["responses"].get(key)
        if known is None or known["left"] <= 0 or known["until"] < self.now().timestamp():
            return self._answer_error("used_url" if known else "invalid_url")
        arguments, problem = read_arguments(request)
        message = self._message(known["channel"], known["ts"])
        if problem or message is None:
            return self._answer_error(problem or "message_not_found")
        try:
            if arguments.get("delete_original") is True:
                self.state["channels"][known["channel"]].remove(message)
                self.effect("message.delete", channel=known["channel"], ts=known["ts"])
            else:
                self._answer_click(known, message, arguments)
        except Invalid as wrong:
            return self._answer_error(wrong.code, **wrong.more)
        known["left"] -= 1
        self.touch()
        return json_response({"ok": True})

    def _answer_click(self, known: Json, message: Json, arguments: Json) -> None:
        fields = check_content(arguments)
        if arguments.get("replace_original") is True:
            self._change(known["channel"], message, fields)
        elif arguments.get("response_type") == "in_channel":
            ts = self._ts()
            kept = {key: message[key] for key in ("type", "user", "bot_id", "app_id", "team")}
            self.state["channels"][known["channel"]].append(kept | {"ts": ts} | fields)
            self.effect("message.post", channel=known["channel"], ts=ts, text=fields["text"][:200])
        else:
            self.effect("message.ephemeral", channel=known["channel"], text=fields["text"][:200])

    def control(self, request: Request) -> Response | None:
        """`POST /_seed`: `token`, `app_token`, `app`, `signing_secret`, `channels`, `users`, addresses.

        `POST /_socket`: `{"drop": true}`, or `{"disconnect": REASON, "after_s": 1}`.
        """
        if (request.method, request.path) == ("POST", "/_socket"):
            return self._end_sockets(request.get_json())
        if (request.method, request.path) != ("POST", "/_seed"):
            return None
        order = request.get_json()
        tokens.seed(self.state, order)
        for channel in order.get("channels", []):
            self.state["channels"].setdefault(channel, [])
        for user in order.get("users", []):
            self.state["users"] = [
                known_user for known_user in self.state["users"] if known_user["id"] != user["id"]
            ] + [user]
        oauth.seed_app(self.state, order)
        for key in ("signing_secret", "interactivity_url", "command_url", "event_url"):
            self.state[key] = order.get(key, self.state.get(key, ""))
        self.touch()
        return json_response({"ok": True})

    def _end_sockets(self, order: Json) -> Response:
        if order.get("drop"):
            self.sockets.drop()
        else:
            self.sockets.disconnect(str(order["disconnect"]), float(order.get("after_s", 0)))
        return json_response({"ok": True, "connections": self.sockets.count})

    def _page(self) -> Response:
        with self.lock:
            body = channel_rows(self.state["channels"])
        return page("Messages", f"<h1>Messages</h1>{body or '<p>No channels yet.</p>'}")


_METHODS: dict[str, Callable[[SlackSimulator, Json, Json], Json]] = {
    "auth.test": SlackSimulator.auth_test,
    tokens.OPEN: SlackSimulator.open_socket,
    "chat.postMessage": SlackSimulator.post,
    "chat.update": SlackSimulator.update,
    "chat.delete": SlackSimulator.delete,
    "conversations.history": SlackSimulator.history,
    "conversations.open": slash.open_direct,
    "conversations.replies": SlackSimulator.replies,
}
