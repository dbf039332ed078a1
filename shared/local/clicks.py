"""Clicks in Slack on a machine that nobody can reach: by socket mode, into what the public door does with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared import log
from shared.app.api.slack.slack_clicks import carry_out, show
from shared.app.api.slack.slack_commands import obey
from shared.app.api.slack.slack_events import note_ending
from shared.app.engine.deps import Deps
from shared.core.errors import AgentError, MalformedRequest, Rejected
from shared.integrations.slack.answering import post_answer
from shared.integrations.slack.client import Slack, click_of
from shared.integrations.slack.slash import read_slash

APP_TOKEN = "slack-app-token"


class Listener(Protocol):
    """What takes clicks as long as it runs."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def listen_to_clicks(deps: Deps) -> Listener | None:
    """Return what takes clicks over a socket once it is started; None where no app-level token is kept."""
    try:
        deps.secrets.get(APP_TOKEN)
    except KeyError:
        return None
    from shared.integrations.slack.socket import SlackSocket  # with a library that nobody else needs

    return SlackSocket(lambda: _find_address(deps), lambda payload: take_click(deps, payload), _tell)


def take_click(deps: Deps, payload: Mapping[str, Any]) -> Callable[[], None]:
    """Do what was pressed, typed or told; return what shows the outcome.

    The connection is Slack's own, opened with the app's token over TLS: so there is no signature to check here.
    """
    if "command" in payload:
        return _take_command(deps, payload)
    if "event" in payload:
        note_ending(deps, payload)
        return lambda: None
    try:
        click = click_of(payload)
    except MalformedRequest:  # something else that the app has switched on in Slack
        return lambda: None
    body = carry_out(deps, click)
    return lambda: show(deps, click, body)


def _take_command(deps: Deps, payload: Mapping[str, Any]) -> Callable[[], None]:
    try:
        slash = read_slash(payload)
    except MalformedRequest:
        return lambda: None
    body = obey(deps, slash)

    def answer() -> None:
        try:
            post_answer(slash.response_url, deps.public_url, body)
        except AgentError as error:
            log.line("WARNING", "command not answered", function="house", **log.about(error))

    return answer


def _find_address(deps: Deps) -> str:
    from shared.wiring.accounts import wire_accounts

    try:
        token = deps.secrets.get(APP_TOKEN)
    except KeyError:
        raise Rejected("slack", f"the secret {APP_TOKEN} is gone") from None
    return Slack(wire_accounts().http_with(Slack.system, token)).open_socket()


def _tell(what: str) -> None:
    log.line("WARNING", what, function="house")
