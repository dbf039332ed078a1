"""The whole story on the cloud's adapters: real functions, emulated Google services, every second task twice."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from shared.app.approval.approvals import asked_now
from shared.app.engine.engine import record
from shared.app.engine.sweep import sweep
from shared.backends.cloud.store import FirestoreStore
from shared.backends.local.keys.identity import LocalCallers
from shared.core.approval.gates import waits_at
from shared.core.run.acts import ApprovalGranted
from shared.core.run.commands import ATTEMPT, NOTIFY, Command, command_to_data
from shared.core.run.reducer import reduce
from shared.core.run.run import Run
from shared.integrations.notion.markdown.markdown import parse_markdown
from shared.local.story.demo import Progress, Story, tell_story
from shared.ports import Commit
from tests.support.builders.runs import fold
from tests.support.measures.public_browser import PublicBrowser
from tests.support.parts import require
from tests.support.ports.moved_clock import MovedClock
from tests.support.rigs.cloud_house import ACCOUNT, PROJECT, CloudHouse, open_cloud_house, queue_name
from tests.support.servers.cloud.cloud_clients import rest_firestore
from tests.support.servers.cloud.shared_emulator import GROUP
from tests.support.servers.collector import Collector

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

IDEA = "# {title}\n\n## When\n\nEvery Saturday from nine to one.\n\n- Bring your own tubes\n"
SENT = "notion:sent, email:sent, slack:sent"
ONCE = {
    *("github: repo.create", "github: tree.create", "github: pull.create"),
    *("vercel: project.create", "vercel: deployment.create", "vercel: deployment.promote"),
}
TWICE = {
    "notion: page.create",  # the idea, by a person, and the run's row, by us
    *("github: commit.create", "github: ref.create"),  # the repository's first one, and ours on its branch
}
# When asked to approve the plan, what leaves, and what goes live; and at the end.
TOLD = ("notion: comment.create", "ses: email.send", "slack: message.post")
# The second one leaves something behind in the cloud alone, where a commit does not hand its commands over. It is not
# `relay.before`: whoever else looks at the run just then may relay what was committed, and nobody passes there.
DEATHS = [
    "effect.after/notion.publish_plan/plan-000",
    "commit.after/code.generate",
    "effect.after/site.deploy/deployment",
]
NOTICES = {
    **{f"approval_asked/{gate}": SENT for gate in ("approve", "release", "production")},
    "run_succeeded/end": SENT,
}
WORKERS = ("plan", "execute-step", "deploy", "notify")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as found:
        yield found


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[CloudHouse]:
    require("firestore-emulator")
    require("bubblewrap")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        with open_cloud_house(tmp_path_factory.mktemp("cloud")) as (house, _):
            yield house


@pytest.fixture
def unswept(cloud: CloudHouse) -> Iterator[CloudHouse]:
    """A house whose scheduler waits for the test."""
    cloud.scheduling = False
    yield cloud
    cloud.scheduling = True


def told(house: CloudHouse, title: str, ask: Callable[[Run], None] = lambda run: None) -> list[str]:
    """Tell a story to its end, wait until nothing moves any more, and return what is not as it has to be."""
    before = _effects(house)

    def approve(run: Run) -> bool:
        _wait_until_asked(house, run)
        if run.asked == run.plan_hash:  # at the first of the three gates
            ask(run)
        return True

    idea = parse_markdown(IDEA.format(title=title), name=title)
    try:
        story = tell_story(house, idea, Progress(lambda *_: None, approve))
    except TimeoutError as error:
        raise AssertionError(f"{error}; {house.process.failure}") from error
    house.come_to_rest()
    done = _effects(house) - before
    counted = {**dict.fromkeys(ONCE, 1), **dict.fromkeys(TWICE, 2), **dict.fromkeys(TOLD, 4)}
    wrong = {kind: done[kind] for kind, count in counted.items() if done[kind] != count}
    return [*_trouble(house, story), *([f"effects {wrong}"] if wrong else [])]


def _effects(house: CloudHouse) -> Counter[str]:
    return Counter(f"{system}: {effect['kind']}" for system, effect in house.effects())


def _wait_until_asked(house: CloudHouse, run: Run) -> None:
    """Wait for the messages too: an e-mail in the middle of which a process dies stays unclear, as it should."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        loaded = house.wired.deps.store.load_run(run.tenant, run.id)
        gate = waits_at(loaded.run) if loaded is not None else None
        if loaded is not None and gate is not None and f"approval_asked/{gate.id}" in loaded.run.notices:
            return
        time.sleep(0.1)
    raise AssertionError("nobody was asked")


def _trouble(house: CloudHouse, story: Story) -> list[str]:
    store, queue = house.wired.deps.store, house.wired.deps.queue
    tenant, run_id = story.run["tenant"], story.run["id"]
    loaded = store.load_run(tenant, run_id)
    assert loaded is not None
    run, events = loaded.run, store.events(tenant, run_id)
    states = {doc.body["state"] for doc in store.list_docs(tenant, "effects")}
    checks = {
        **{f"{check['name']}: {check['detail']}": check["ok"] for check in story.checks},
        "the events do not lead to the snapshot": fold(event for _, event in events) == run,
        f"event numbers {[n for n, _ in events]}": [n for n, _ in events] == list(range(1, run.seq + 1)),
        f"notices {dict(run.notices)}": run.notices == NOTICES,
        f"outbox {store.unsent(tenant, run_id)}": store.unsent(tenant, run_id) == [],
        "commands are forgotten": store.find_unsent(datetime.now(UTC) + timedelta(days=1)) == [],
        f"dead letters {queue.dead_letters(tenant)}": queue.dead_letters(tenant) == [],
        f"tasks given up {house.tasks.given_up}": house.tasks.given_up == [],
        f"{house.tasks.pending()} tasks left": house.tasks.pending() == 0,
        f"effects {states}": states == {"confirmed"},
    }
    return [what for what, holds in checks.items() if not holds]


def test_an_idea_ends_as_a_site_and_all_that_was_done_for_it_is_one_trace(
    cloud: CloudHouse, collector: Collector
) -> None:
    before = {span.trace for span in collector.spans()}
    assert told(cloud, "Bicycle repair") == []
    assert sum(delivery.duplicate for delivery in cloud.tasks.journal) > 5
    assert {status for status, _ in cloud.swept} == {200}
    spans = [span for span in collector.spans() if span.trace not in before]
    (whole,) = [span for span in spans if span.name == "run"]
    tree = [span for span in spans if span.trace == whole.trace]
    assert {span.service for span in tree} >= {"notion-webhook", *WORKERS}
    assert [span.name for span in tree if span.parent and span.parent not in {each.id for each in tree}] == []
    assert [span for span in tree if not span.parent] == [whole]


def test_functions_that_die_in_the_middle_go_on_where_they_were(cloud: CloudHouse) -> None:
    cloud.process.kill_at(DEATHS)
    assert told(cloud, "Bicycle rental") == []
    assert cloud.process.deaths == DEATHS


def test_sweep_relays_what_was_committed_by_a_process_that_died(unswept: CloudHouse) -> None:
    swept: list[requests.Response] = []

    def approve_and_die(run: Run) -> None:
        unswept.come_to_rest()
        a_minute_ago = MovedClock(datetime.now(UTC) - timedelta(minutes=1))
        store = FirestoreStore(rest_firestore(os.environ["FIRESTORE_EMULATOR_HOST"], PROJECT), a_minute_ago)
        loaded = store.load_run(run.tenant, run.id)
        assert loaded is not None
        asked = asked_now(loaded.run)
        event = ApprovalGranted(datetime.now(UTC), asked.gate, asked.plan_hash, "Ada Example", "link")
        after, commands = reduce(loaded.run, event)
        store.commit(Commit(after, (event,), commands, loaded.version, "token-of-the-dead"))
        swept.extend([unswept.sweep(), unswept.sweep()])
        unswept.come_to_rest()  # a status that is set while ours is written is asked for again, rightly, in a comment

    assert told(unswept, "Bicycle lending", approve_and_die) == []
    assert [answer.status_code for answer in swept] == [200, 200]
    assert swept[0].json()["relayed"] > 0
    assert swept[1].json()["relayed"] == 0


def test_sweep_hands_out_again_what_the_queue_has_lost(unswept: CloudHouse) -> None:
    client, queue = unswept.tasks.client(), queue_name("execute-step")
    swept = []

    def lose_the_attempt(run: Run) -> None:
        unswept.come_to_rest()
        deps = unswept.wired.deps
        loaded = deps.store.load_run(run.tenant, run.id)
        assert loaded is not None
        asked = asked_now(loaded.run)
        client.pause_queue(name=queue)
        record(deps, run.tenant, run.id, ApprovalGranted(datetime.now(UTC), asked.gate, asked.plan_hash, "Ada", "link"))
        assert len(list(client.list_tasks(parent=queue))) == 1
        client.purge_queue(name=queue)
        client.resume_queue(name=queue)
        later = MovedClock(datetime.now(UTC) + timedelta(seconds=run.limits.attempt_s + 60))
        swept.append(sweep(replace(deps, clock=later)))
        unswept.come_to_rest()

    assert told(unswept, "Bicycle parking", lose_the_attempt) == []
    assert swept[0]["moved"] == 1


def _call(house: CloudHouse, function: str, authorization: str, **more: str) -> int:
    command = Command("c-1", NOTIFY if function == "notify" else ATTEMPT, function, "t-none", "run-none", step="s")
    headers = {**({"Authorization": authorization} if authorization else {}), **more}
    url = f"{house.functions[function]}/t/t-none"
    return requests.post(url, json=command_to_data(command), headers=headers, timeout=10).status_code


@pytest.mark.parametrize("function", WORKERS)
def test_a_queue_function_answers_its_queue_and_nobody_else(cloud: CloudHouse, function: str, tmp_path: Path) -> None:
    url, issuer = cloud.functions[function], cloud.issuer
    strangers = {
        "nobody": "",
        "another scheme": cloud.token(function).replace("Bearer", "Basic"),
        "a token of the local house": LocalCallers(tmp_path).authorization(url),
        "a token for another function": cloud.token("sweep"),
        **{what: f"Bearer {token}" for what, token in issuer.forgeries(url, ACCOUNT).items()},
    }
    answers = {what: _call(cloud, function, authorization) for what, authorization in strangers.items()}
    assert {what: status for what, status in answers.items() if status not in (401, 403)} == {}
    assert answers["other e-mail"] == 403
    assert {answers[what] for what in ("nobody", "other audience", "expired", "a token of the local house")} == {401}
    assert _call(cloud, function, cloud.token(function)) == 204


def test_a_command_that_came_too_often_is_put_aside_and_can_be_replayed(cloud: CloudHouse) -> None:
    queue = cloud.wired.deps.queue
    assert _call(cloud, "deploy", cloud.token("deploy"), **{"X-CloudTasks-TaskRetryCount": "7"}) == 204
    assert queue.dead_letters("t-none") == []
    assert _call(cloud, "deploy", cloud.token("deploy"), **{"X-CloudTasks-TaskRetryCount": "8"}) == 204
    (letter,) = queue.dead_letters("t-none")
    assert (letter.command.id, letter.deliveries) == ("c-1", 8)
    cloud.come_to_rest()  # people are told of it by a command of its own
    assert {delivery.queue for delivery in cloud.tasks.journal[-1:]} == {"notify"}
    before = len(cloud.tasks.journal)
    queue.replay("t-none", "c-1")
    cloud.come_to_rest()
    sent = cloud.tasks.journal[before:]
    assert {delivery.queue for delivery in sent} == {"deploy"}
    (name,) = {delivery.task for delivery in sent}
    # The queue delivers half of its tasks twice at once: the copy that meets the other's lease is told to come again.
    assert {delivery.status for delivery in sent} in ({204}, {204, 409}), name
    assert queue.dead_letters("t-none") == []


def test_sweep_answers_the_scheduler_and_nobody_else(cloud: CloudHouse) -> None:
    url, right = cloud.functions["sweep"], cloud.token("sweep")
    wrong = [cloud.token("plan"), cloud.token("sweep", "other@test-project.example"), "Bearer none", ""]
    answers = [requests.post(url, headers={"Authorization": token}, timeout=10).status_code for token in wrong]
    assert answers == [401, 403, 401, 401]
    assert requests.post(url, headers={"Authorization": right}, timeout=10).status_code == 200


def test_a_new_team_comes_to_its_first_plan_at_the_public_address(
    cloud: CloudHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By plain forms, at a host of our own by TLS; the consent of Notion ends at another host, as it does there."""
    public, person = "https://workwright.example.com", {"name": "Gita Garden", "email": "gita@garden.test"}
    monkeypatch.setenv("WORKWRIGHT_PUBLIC_URL", public)
    cloud.process.kill_at([])  # and started again, with that
    cloud.control("notion", "/_seed", {"workspace": "Garden", "people": [person]})
    cloud.control("notion", "/_config", {"authorize_as": person["email"]})
    browser = PublicBrowser(public, cloud.url, "203.0.113.7")
    browser.open("/account")
    page = browser.follow("Sign in with Notion")
    assert (page.url, "owner of Garden" in page.text) == (f"{public}/account", True)
    assert "at 203.0.113.7" in page.text  # where the person is, and not the proxy before us
    ours = [header for host, header in browser.set_cookies if host == "workwright.example.com"]
    assert [each.startswith("__Host-") and "; Secure" in each for each in ours] == [True] * max(1, len(ours))
    browser.follow("Set up your team")
    browser.press("Look at the shared pages")
    browser.wait("Use “Workspace home”", "/setup")
    browser.press("Use “Workspace home”")
    browser.wait("Invite a colleague", "/setup")
    for button in ("Go on", "Keep these limits", "Leave it for later", "Try the example"):
        browser.press(button)
    browser.wait("Read the plan", "/setup")
    assert f"decided by {person['name']}" in browser.follow("Read the plan").text
    assert "The work begins now" in browser.press("Approve").text
