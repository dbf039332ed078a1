"""The probe of Slack finds its simulator as Slack's pages describe it, and takes all its messages back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from shared.cli.probe.calls import Ask
from shared.cli.probe.probes import PROBES
from shared.core.errors import ConfigError
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.ports import Secret
from tests.cli.probe.rig import Bench, found_in, remembered, served, unnoticed

TOKEN = "-".join(("xoxb", "probe"))


@pytest.fixture
def bench() -> Iterator[Bench]:
    with served(SlackSimulator()) as url:
        requests.post(f"{url}/_seed", json={"token": TOKEN, "channels": ["C1"]}, timeout=10).raise_for_status()
        yield Bench(PROBES["slack"], url, Secret(TOKEN), PROBES["slack"].read_place("C1").kept)


def _texts(bench: Bench) -> list[str]:
    body = bench.asker().ask(Ask("GET", "/conversations.history", query={"channel": "C1"}), {}).body
    return [message["text"] for message in body["messages"]]


def test_the_simulator_answers_as_slack_says_and_every_change_is_noticed(bench: Bench) -> None:
    outcomes, run = remembered(bench)
    assert found_in(outcomes) == {}
    assert len(outcomes) == 20
    tried, missed = unnoticed(run)
    assert missed == []
    assert tried > 100
    assert _texts(bench) == []


def test_what_a_killed_probe_left_is_removed_with_its_thread_and_nothing_else(bench: Bench) -> None:
    bench.asker().ask(Ask("POST", "/chat.postMessage", {"channel": "C1", "text": "Lunch?"}), {})
    run = bench.run()
    for outcome in run.outcomes():
        if outcome.call.name == "the newest message":
            break
    assert len(_texts(bench)) == 2
    assert bench.run().clean() == []
    assert _texts(bench) == ["Lunch?"]
    thread = {"channel": "C1", "ts": str(run.kept["ts"])}
    assert bench.asker().ask(Ask("GET", "/conversations.replies", query=thread), {}).body["error"] == "thread_not_found"


def test_a_channel_that_the_app_is_not_in_is_told_before_anything_is_made(bench: Bench) -> None:
    run = bench.run()
    run.kept["channel"] = "C2"
    with pytest.raises(Exception, match="invite the app"):
        run.clean()
    with pytest.raises(ConfigError, match="names no channel"):
        PROBES["slack"].read_place("#general")
