"""A bot's token of Slack is tried without a message, and what it may not do is said with its way out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.core.errors import NotAllowed
from shared.http_client import HttpClient
from shared.integrations.slack.client import Slack
from shared.integrations.slack.trial import try_slack, try_slack_app
from shared.integrations.trial_result import Tried
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served

LOOK = "xo" + "xb-"
WORD = LOOK + "1"


@pytest.fixture(scope="module")
def served(kept_served: Callable[[Any], Served]) -> Served:
    return kept_served(SlackSimulator())


@pytest.fixture
def slack(served: Served) -> Iterator[Served]:
    """Whatever is tried, nobody gets a message."""
    served.control("/_seed", {"token": WORD, "channels": ["C0TEAM", "C0SHUT"], "out_of": ["C0SHUT"]})
    before = served.effects()
    yield served
    assert served.effects() == before


def tried(slack: Served, token: str = WORD, **more: Any) -> Tried:
    return try_slack(Secret(token), at=slack.url + "/api", **more)


def test_a_good_token_says_whose_it_is_and_where_it_may_write(slack: Served):
    found = tried(slack, channel="C0TEAM")
    assert found.ok
    assert (
        found.says
        == "Slack takes this token of workshop in the workspace Simulated, and opens the channel C0TEAM to it."
    )
    assert {name: found.facts[name] for name in ("workspace", "team_id", "user", "channel")} == {
        "workspace": "Simulated", "team_id": "T0SIM", "user": "workshop", "channel": "C0TEAM",
    }  # fmt: skip
    assert "chat:write" in found.facts["scopes"].split()
    assert tried(slack).ok


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "Nothing was given."),
        ("xoxb 1", "That is not a token of Slack"),
        ("gh" + "p_1", "it was not sent"),
        ("xa" + "pp-1-A1-2-3", "That is an app-level token, and the bot's own is needed here."),
        ("xo" + "xp-1", "That is a person's token, and the bot's own is needed here."),
    ],
)
def test_what_is_not_a_bots_token_is_never_sent(slack: Served, token: str, says: str):
    before = len(slack.journal())
    found = tried(slack, token)
    assert (found.ok, len(slack.journal())) == (False, before)
    assert says in found.says
    assert "Bot User OAuth Token" in found.way_out


def test_a_wrong_an_expired_and_a_revoked_token_are_told_apart(slack: Served):
    slack.control("/_seed", {"token": LOOK + "old", "expires_at": 1})
    slack.control("/_seed", {"token": LOOK + "gone"})
    assert tried(slack, LOOK + "gone").ok
    slack.control("/_seed", {"ended": LOOK + "gone"})
    assert "is not complete, or belongs to no app" in tried(slack, LOOK + "wrong").says
    assert "has expired" in tried(slack, LOOK + "old").says
    assert "was revoked, or the app was removed" in tried(slack, LOOK + "gone").says


def test_a_token_that_is_revoked_in_the_middle_is_no_good(slack: Served):
    slack.fault(path="/api/conversations.history", status=200, body={"ok": False, "error": "token_revoked"})
    assert "no longer accepts this token" in tried(slack, channel="C0TEAM").says


@pytest.mark.parametrize(
    ("scopes", "says"),
    [
        (["channels:history"], "lacks the scope “chat:write”, so Workwright cannot write messages."),
        (["chat:write"], "lacks the scope “channels:history”, so Workwright cannot look up what it has written."),
        ([], "lacks the scope “chat:write” and “channels:history”, so"),
    ],
)
def test_scopes_that_are_missing_are_named(slack: Served, scopes: list[str], says: str):
    slack.control("/_seed", {"token": LOOK + "poor", "scopes": scopes})
    found = tried(slack, LOOK + "poor")
    assert not found.ok
    assert says in found.says
    assert "Bot Token Scopes" in found.way_out


def test_the_client_meets_the_same_refusals_during_a_run(slack: Served):
    slack.control("/_seed", {"token": LOOK + "dumb", "scopes": ["channels:history"]})
    needs, invite = r"needs the scope chat:write.*Bot Token Scopes", r"not_in_channel.*write /invite"
    for word, refusal in ((LOOK + "dumb", needs), (WORD, invite)):
        with pytest.raises(NotAllowed, match=refusal):
            Slack(HttpClient("slack", slack.url + "/api", Secret(word))).post("C0SHUT", "Hello")


def test_a_channel_that_was_not_joined_is_not_there_or_has_no_id(slack: Served):
    shut, unknown, named = (tried(slack, channel=each) for each in ("C0SHUT", "C0NONE", "#team"))
    assert shut.says == "The app was not invited to the channel C0SHUT, so Workwright cannot write there."
    assert "/invite @workshop" in shut.way_out
    assert unknown.says == "Slack knows no channel C0NONE that this token may see."
    assert named.says == "“#team” is not the id of a channel."
    assert [each.ok for each in (shut, unknown, named)] == [False, False, False]


@pytest.mark.parametrize(("status", "says"), [(500, "does not answer"), (429, "no more calls")])
def test_a_slack_that_is_away_says_nothing_about_the_token(slack: Served, status: int, says: str):
    slack.fault(status=status)
    assert says in tried(slack).says


APP = "xa" + "pp-1-A1-"


def test_an_app_level_token_opens_sockets_or_says_what_it_lacks(slack: Served):
    slack.control("/_seed", {"app_token": APP + "good"})
    slack.control("/_seed", {"app_token": APP + "poor", "app_scopes": []})
    slack.control("/_seed", {"app_token": APP + "gone"})
    slack.control("/_seed", {"ended": APP + "gone"})
    found = {each: try_slack_app(Secret(APP + each), at=slack.url + "/api") for each in ("good", "poor", "gone", "no")}
    slack.simulator.sockets.stop()
    assert found["good"] == Tried(True, "Slack opens a socket to this app-level token, so clicks on buttons come in.")
    assert found["poor"].says == "This app-level token lacks the scope “connections:write”."
    refused = "Slack does not accept this app-level token: it is not complete, or was revoked."
    assert (found["gone"].says, found["no"].says) == (refused, refused)
    assert all("App-Level Tokens" in found[each].way_out for each in ("poor", "gone", "no"))


@pytest.mark.parametrize("token", ["", WORD, "gh" + "p_1"])
def test_what_is_not_an_app_level_token_is_never_sent(slack: Served, token: str):
    before = len(slack.journal())
    found = try_slack_app(Secret(token), at=slack.url + "/api")
    assert (found.ok, len(slack.journal())) == (False, before)
    assert "App-Level Tokens" in found.way_out
