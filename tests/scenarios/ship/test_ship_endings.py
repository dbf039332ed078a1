"""What went live turns out wrong, and who has to agree before anything does: whole stories, with the clock in hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from shared.app.api.keys import create_key
from shared.app.approval.approvals import approval_token, approval_url
from shared.app.people.linking import confirm_code, make_code, type_code
from shared.app.people.membership import give_role, members_of, welcome
from shared.app.tenants.settings_changes import change_settings
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.local.first_setup import settle_in
from tests.support.measures.ship_leaks import ON_THE_PAGE, leaks, plant
from tests.support.rigs.moved_house import MovedHouse, open_moved_house, succeeded

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ship_endings")]
ALWAYS = {"path": "/_alias/*", "status": 200, "html": "<!doctype html><p>Coming soon</p>", "times": 10_000}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovedHouse]:
    """Yield a house in hand; at the end nothing has left without an approval, and no secret has."""
    with open_moved_house(tmp_path_factory.mktemp("endings")) as opened:
        canaries = plant(opened)
        yield opened
        assert opened.unauthorised() == []
        assert leaks(opened, canaries) == []


def production(moved: MovedHouse, run: Run) -> str:
    """Return the deployment that visitors of the run's site see."""
    project = next(str(step.output["project"]) for step in run.steps if step.spec.kind == "site.deploy")
    requests.get(f"{moved.there.house.simulators['vercel']}/v9/projects", timeout=10)  # switches end when somebody asks
    return str(moved.there.look("vercel", "/_state")["projects"][project]["production"])


def deployed(run: Run) -> str:
    """Return the deployment that the run made."""
    return next(str(step.output["deployment"]) for step in run.steps if step.spec.kind == "site.deploy")


def second(moved: MovedHouse, page: str, more: str) -> None:
    """Write more into a page whose first version is live, and have it planned again."""
    moved.rest()
    moved.there.add(page, more)
    moved.rest()
    moved.plan(page)


def messages(moved: MovedHouse, page: str, run: Run, word: str) -> dict[str, list[str]]:
    """Return all that holds a word, by where people read it: page, mail, Slack, pull request."""
    there = moved.there
    moved.until("the messages", lambda: f"run_{run.status.value}/end" in moved.run(page).notices, page)
    repository = next(str(s.output["repository"]) for s in run.steps if s.spec.kind == "repository.propose_change")
    repo = there.look("github", "/_state")["repos"].get(repository.lower(), {})
    slack = [message for channel in there.look("slack", "/_state")["channels"].values() for message in channel]
    title = run.trigger.title
    found = {
        "page": there.comments(page),
        "mail": [f"{mail['subject']}\n{mail['text']}" for mail in there.look("ses", "/_outbox") if title in str(mail)],
        "slack": [str(message) for message in slack if title in str(message)],
        "pull request": [str(comment["body"]) for comment in repo.get("comments", [])],
    }
    return {where: [text for text in texts if word in text] for where, texts in found.items()}


@pytest.fixture(scope="module")
def live(moved: MovedHouse) -> tuple[str, Run]:
    """Return a page whose first version is live, and the run that put it there, with a variable of the tenant's."""
    moved.ship(site={"environment": [{"name": "FORMS_KEY", "secret": "forms"}]})
    page = moved.there.write("Choir of the harbour")
    return page, moved.story(page)


def test_production_that_breaks_while_it_is_watched_goes_back_by_itself_and_everybody_is_told_why(
    moved: MovedHouse, live: tuple[str, Run]
) -> None:
    page, first = live
    assert (first.status, production(moved, first)) == (RunStatus.SUCCEEDED, deployed(first))
    moved.ship(site={"watch_s": 600})
    second(moved, page, "We also sing at weddings.")
    run = moved.during(page, lambda run: succeeded(run, "site.promote"), "the second version live")
    site = str(run.facts["site"])
    assert "weddings" in requests.get(site, timeout=10).text
    moved.there.disturb("vercel", **ALWAYS)  # all was well, and a while later it is not
    try:
        run = moved.ended(page)
    finally:
        moved.there.soothe("vercel")
    assert run.status == RunStatus.FAILED
    assert "rolled back to the previous version" in run.failure
    assert production(moved, run) == deployed(first)
    assert "weddings" not in requests.get(site, timeout=10).text
    told = messages(moved, page, run, "rolled back to the previous version")
    assert {where: len(texts) for where, texts in told.items()} == {"page": 1, "mail": 1, "slack": 1, "pull request": 1}
    assert moved.there.status(page) == "Failed"
    moved.ship(site={})
    places = {place.partition(" ")[0] for place in leaks(moved, {"a word": "harbour"})}  # of what may be read there
    assert places == {"a"}


def test_a_rollback_that_fails_is_an_alarm_that_says_what_to_do(moved: MovedHouse, live: tuple[str, Run]) -> None:
    page, first = live
    second(moved, page, "We look for two tenors.")
    moved.at_gate(page, "production")
    moved.agree(page)
    moved.there.disturb("vercel", **ALWAYS)
    moved.there.disturb("vercel", method="POST", path="*/rollback/*", status=403, times=10_000)
    try:
        run = moved.ended(page)
    finally:
        moved.there.soothe("vercel")
    assert run.status == RunStatus.FAILED
    assert production(moved, run) == deployed(run)  # the wrong version is still there, and nobody says otherwise
    told = messages(moved, page, run, "What to do now")
    assert all(told.values()), told
    project = next(str(step.output["project"]) for step in run.steps if step.spec.kind == "site.deploy")
    for where, texts in told.items():
        assert [text for text in texts if project in text and deployed(first) in text] != [], where
    assert [text for text in told["mail"] if text.upper().startswith("ALARM")] != []


def test_a_secret_on_the_page_leaves_nowhere(moved: MovedHouse) -> None:
    page = moved.there.write("Printing room")
    moved.there.add(page, f"The printer takes {ON_THE_PAGE} as its password.")
    run = moved.story(page)
    assert leaks(moved, {"a page": ON_THE_PAGE}) == []
    assert run.status == RunStatus.SUCCEEDED or "take it off the page" in run.failure


def test_a_first_version_that_is_wrong_has_nothing_to_go_back_to_and_people_hear_it_at_once(moved: MovedHouse) -> None:
    page = moved.there.write("Model railway")
    moved.plan(page)
    moved.at_gate(page, "production")
    moved.agree(page)
    moved.there.disturb("vercel", **ALWAYS)
    try:
        run = moved.ended(page)
    finally:
        moved.there.soothe("vercel")
    assert run.status == RunStatus.FAILED
    told = messages(moved, page, run, "there is no earlier version to go back to")
    assert all(told.values()), told
    assert [text for text in told["mail"] if deployed(run) in text and "take the deployment" in text] != []
    assert deployed(run) not in [effect["before"] for effect in moved.there.effects("vercel", "deployment.rollback")]


def test_with_one_question_for_both_nobody_is_asked_twice(moved: MovedHouse) -> None:
    moved.ship(approvals={"production": "with_release"})
    page = moved.there.write("Night bus")
    moved.plan(page)
    moved.at_gate(page, "release")
    moved.rest()
    (question,) = [text for text in moved.there.comments(page) if text.startswith("Approve what leaves")]
    run = moved.ended(page)
    moved.together.add(run.id)
    assert run.status == RunStatus.SUCCEEDED
    assert [step.id for step in run.steps if step.id.rpartition(".")[2] == "production"] == []
    assert production(moved, run) == deployed(run)
    assert "To: Production, when the preview is as it should be." in question
    moved.ship(approvals={})


BEN = {"name": "Ben Example", "email": "ben@example.test"}


@pytest.fixture(scope="module")
def ben(moved: MovedHouse) -> str:
    """Let somebody else be one of the tenant's people, in Notion and in Slack; return his id in Notion."""
    seeded = moved.there.control("notion", "/_seed", {"workspace": "Demo", "people": [BEN]})
    user = {"id": "U0000000002", "email": BEN["email"], "name": BEN["name"]}
    moved.there.control("slack", "/_seed", {"channels": ["C0000000002"], "users": [user]})
    deps, tenant = moved.there.house.wired.deps, moved.there.home.tenant
    doc = deps.store.get(tenant, "settings", "tenant")
    assert doc is not None
    more = {
        "id": "ben",
        **BEN,
        "slack": "C0000000002",
        "slack_user": user["id"],
        "role": "member",
        "channels": ["slack"],
    }
    change_settings(deps, tenant, people=[*doc.body["people"], more])
    return next(str(one["id"]) for one in seeded["people"] if one["email"] == BEN["email"])


def api(moved: MovedHouse, name: str, run: Run) -> int:
    """Approve what the run asks with a key of that name; return the answer's status."""
    deps = moved.there.house.wired.deps
    key = create_key(deps, run.tenant, "member", name)
    url = f"{moved.there.house.url}/v1/runs/{run.id}/approve"
    return requests.post(
        url, json={"plan_hash": run.asked}, headers={"Authorization": f"Bearer {key}"}, timeout=10
    ).status_code


def by_link(moved: MovedHouse, run: Run) -> int:
    """Approve what the run asks through the link in the mail; return the answer's status."""
    url = approval_url(moved.there.house.wired.deps, run)
    return requests.post(url, data={"decision": "approve"}, timeout=10).status_code


def click(moved: MovedHouse, run: Run, user: str) -> str:
    """Click on Approve in the newest message that asks about this run; return what the person is told."""
    token = approval_token(moved.there.house.wired.deps, run)
    moved.until("the button", lambda: token in str(moved.there.look("slack", "/_state")["channels"]))
    (channel, message), *_ = [
        (channel, message)
        for channel, messages in moved.there.look("slack", "/_state")["channels"].items()
        for message in messages
        if token in str(message)
    ]
    order = {"channel": channel, "ts": message["ts"], "action_id": "approve", "user": user}
    return str(moved.there.control("slack", "/_click", order)["body"])


def link(moved: MovedHouse, identity: str, name: str, user: str) -> None:
    """Link an account in Slack with a member, who is let in first where they are none."""
    deps, tenant = moved.there.house.wired.deps, moved.there.home.tenant
    if all(member.name != name for member in members_of(deps, tenant).people.values()):
        welcome(deps, tenant, identity, name, founds=False)
    person = next(each for each, member in members_of(deps, tenant).people.items() if member.name == name)
    if members_of(deps, tenant).people[person].asks:
        give_role(deps, tenant, person, "member", "the test")
    account, code = f"slack.T0SIM.{user}", make_code(deps, tenant, person)
    type_code(deps, account, code)
    confirm_code(deps, account, code)


def test_with_four_eyes_whoever_asked_or_let_it_leave_cannot_let_it_go_live_on_any_channel(
    moved: MovedHouse, ben: str
) -> None:
    there = moved.there
    link(moved, "notion:ada", "Ada Example", "U0000000001")
    link(moved, f"notion:{ben}", "Ben Example", "U0000000002")
    moved.ship(approvals={"four_eyes": True})
    page = there.write("Parish council")
    moved.plan(page)  # Ada asks for it
    moved.agree(page)
    moved.at_gate(page, "release")
    run = moved.run(page)
    assert (by_link(moved, run), api(moved, "a robot", run)) == (403, 403)  # nobody knows who that is
    assert api(moved, "Ada Example", run) == 200
    moved.until("the question", lambda: moved.gate(moved.run(page)) == "production" and moved.asks(page), page)
    run = moved.run(page)
    moved.rest()

    assert (by_link(moved, run), api(moved, "a robot", run), api(moved, "Ada Example", run)) == (403, 403, 403)
    assert "That did not count" in click(moved, run, "U0000000001")
    there.set_status(page, marks.APPROVED)
    moved.until("the word on the page", lambda: "two different people" in str(there.comments(page)), page)
    there.comment(page, "approve")
    moved.rest()
    assert moved.run(page).asked == run.asked
    assert deployed(run) not in [effect["id"] for effect in there.effects("vercel", "deployment.promote")]

    assert "Approved" in click(moved, run, "U0000000002")
    moved.until("the end", lambda: moved.run(page).status.final, page)
    assert moved.run(page).status == RunStatus.SUCCEEDED
    gate = next(step for step in moved.run(page).steps if step.id.rpartition(".")[2] == "production")
    assert (gate.output["by"], gate.output["via"]) == ("Ben Example", "slack")
    moved.ship(approvals={})


def test_the_same_through_gitlab_and_a_bucket(moved: MovedHouse) -> None:
    there = moved.there
    settle_in(there.house, "gitlab")
    moved.ship(site={"system": "cloud_storage"})
    page = there.write("Chess in the park")
    first = moved.story(page)
    assert first.status == RunStatus.SUCCEEDED
    site = f"{first.facts['site']}/"
    assert "Every Saturday" in requests.get(site, timeout=10).text
    second(moved, page, "Boards are lent.")
    run = moved.during(page, lambda run: succeeded(run, "site.promote"), "the second version live")
    assert "Boards are lent" in requests.get(site, timeout=10).text
    there.disturb("cloud_storage", path="/workwright-sites/live/*", status=200, html=ALWAYS["html"], times=10_000)
    try:
        run = moved.ended(page)
    finally:
        there.soothe("cloud_storage")
    assert run.status == RunStatus.FAILED
    assert "rolled back to the previous version" in run.failure
    back = requests.get(site, timeout=10)
    assert back.status_code == 200
    assert "Boards are lent" not in back.text
    notes = [effect["body"] for effect in there.effects("gitlab", "note.create")]
    assert [body for body in notes if "rolled back to the previous version" in body] != []
    assert there.effects("vercel", "deployment.create") == [
        effect
        for effect in there.effects("vercel", "deployment.create")
        if effect["meta"].get("workwright-run") != run.id
    ]
