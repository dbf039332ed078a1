"""The Vercel client against the simulated Vercel over HTTP."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.core.errors import Missing, NotAllowed, OutcomeUnknown, RateLimited, Rejected, Unauthorized, Unavailable
from shared.http_client import HttpClient
from shared.integrations.hosting import RUNNING, Commit, Deployed, Site, Switch
from shared.integrations.vercel.client import Vercel
from shared.local.simulators._git import BareRepository
from shared.local.simulators.vercel import VercelSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.descriptions.vercel_description import of_exchange

pytestmark = pytest.mark.slow

WORD = "vc-word-" + "1"
FILES = {"index.html": b"<h1>Hi</h1>", "logo.bin": b"\x00\xff", "copy.html": b"<h1>Hi</h1>"}


@pytest.fixture
def sim(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(VercelSimulator(tmp_path))
    started.control("/_seed", {"token": WORD, "teams": [{"id": "team_1", "slug": "acme"}]})
    started.control("/_config", {"build_seconds": 60, "alias_seconds": 10})
    return started


@pytest.fixture
def vercel(sim: Served) -> Iterator[Vercel]:
    """Every request sent in a test must be one that the published descriptions allow, where they are present."""
    asked: list[dict[str, Any]] = []
    http = HttpClient("vercel", sim.url, Secret(WORD), timeouts=(2, 10), trace=asked.append)
    yield Vercel(http, team_id="team_1")
    assert [problem for exchange in asked for problem in of_exchange(exchange)] == []


@pytest.fixture
def project(vercel: Vercel) -> Site:
    return vercel.ensure_site("shop")


def pass_time(sim: Served, seconds: int) -> None:
    sim.control("/_clock", {"offset_s": sim.simulator.offset.total_seconds() + seconds})


def live(vercel: Vercel, sim: Served, project: Site, text: bytes) -> Deployed:
    """Bring a version into production; return its deployment."""
    made = vercel.deploy(project, {"index.html": text}, {})
    pass_time(sim, 61)
    vercel.promote(project.id, made.id)
    pass_time(sim, 11)
    return vercel.deployment(made.id)


def test_a_project_is_made_once_and_in_the_team(vercel: Vercel, sim: Served) -> None:
    first = vercel.ensure_site("shop")
    assert vercel.ensure_site("shop") == first
    assert sim.effects() == ["project.create"]
    with pytest.raises(Missing):
        Vercel(sim.http("vercel", WORD)).site("shop")
    sim.fault(method="GET", path="/v9/projects/shop", status=404)
    assert vercel.ensure_site("shop") == first  # somebody was faster: 409


def test_files_are_uploaded_once(vercel: Vercel, project: Site, sim: Served) -> None:
    made = vercel.deploy(project, FILES, {"run": "r1"})
    uploads = [entry for entry in sim.journal() if entry["path"] == "/v2/files"]
    assert len(uploads) == len({hashlib.sha1(content).hexdigest() for content in FILES.values()}) == 2
    assert (made.meta, made.state, made.live) == ({"run": "r1"}, "queued", False)
    vercel.deploy(project, FILES | {"new.html": b"n"}, {"run": "r2"})
    assert len([entry for entry in sim.journal() if entry["path"] == "/v2/files"]) == 3
    pass_time(sim, 61)
    ready = vercel.deployment(made.id)
    assert (ready.state, ready.live, ready.error) == ("ready", True, "")
    assert requests.get(f"{sim.url}/_site/{made.id}/", timeout=10).content == FILES["index.html"]


def test_a_lost_answer_is_found_again_by_its_meta(vercel: Vercel, project: Site, sim: Served) -> None:
    vercel.deploy(project, FILES, {"run": "r0"})
    sim.fault(method="POST", path="/v13/deployments", drop=True, when="after")
    with pytest.raises(OutcomeUnknown):
        vercel.deploy(project, FILES, {"run": "r1"}, fresh=True)
    found = vercel.find_deployment(project.id, "run", "r1")
    assert found is not None
    assert found.meta == {"run": "r1"}
    assert vercel.find_deployment(project.id, "run", "r2") is None
    assert vercel.deploy(project, FILES, {"run": "r3"}).id in {found.id, vercel.deploy(project, FILES, {}).id}
    assert sim.effects().count("deployment.create") == 2


def test_a_deployment_is_found_on_a_later_page(vercel: Vercel, project: Site, sim: Served) -> None:
    wanted = vercel.deploy(project, FILES, {"run": "old"}, fresh=True)
    for number in range(101):
        pass_time(sim, 1)
        vercel.deploy(project, FILES, {"run": str(number)}, fresh=True)
    found = vercel.find_deployment(project.id, "run", "old")
    assert found is not None
    assert found.id == wanted.id


def test_a_failed_build_tells_why(vercel: Vercel, project: Site, sim: Served) -> None:
    sim.control("/_config", {"fail_next_builds": 1, "build_log": "Error: no such page"})
    made = vercel.deploy(project, FILES, {})
    pass_time(sim, 61)
    failed = vercel.deployment(made.id)
    assert (failed.state, failed.error) == ("failed", 'BUILD_FAILED Command "npm run build" exited with 1')
    log = vercel.build_log(made.id).splitlines()
    assert log.index("npm run build") < log.index("Error: no such page")
    assert "QUEUED" not in log  # a state, which nobody said


def test_promotion_and_rollback(vercel: Vercel, project: Site, sim: Served) -> None:
    one = live(vercel, sim, project, b"one")
    two = live(vercel, sim, project, b"two")
    assert (one.state, vercel.site("shop").production) == ("ready", two.id)
    vercel.rollback(project.id, one.id, "two was bad")
    vercel.rollback(project.id, one.id)  # in progress already, and to the same place
    with pytest.raises(Unavailable):
        vercel.promote(project.id, two.id)
    assert vercel.site("shop").last_switch == Switch("rollback", "pending", one.id)
    pass_time(sim, 11)
    back = vercel.site("shop")
    assert (back.production, back.auto_assigns) == (one.id, False)
    vercel.rollback(project.id, one.id)  # there already
    three = live(vercel, sim, project, b"three")
    vercel.promote(project.id, three.id)
    after = vercel.site("shop")
    assert (after.production, after.auto_assigns) == (three.id, True)
    assert after.last_switch == Switch("promote", "done", three.id)
    assert sim.effects().count("deployment.promote") == 3


def test_auto_assignment_that_a_person_switched_off_is_seen(vercel: Vercel, project: Site, sim: Served) -> None:
    assert project.auto_assigns
    sim.http("vercel", WORD).call(
        "PATCH", "/v9/projects/shop", json={"autoAssignCustomDomains": False}, params={"teamId": "team_1"}
    )
    assert not vercel.site("shop").auto_assigns


def test_a_switch_that_the_host_fails_is_told(vercel: Vercel, project: Site, sim: Served) -> None:
    one = live(vercel, sim, project, b"one")
    live(vercel, sim, project, b"two")
    sim.control("/_config", {"fail_next_switches": 1})
    vercel.rollback(project.id, one.id)
    pass_time(sim, 11)
    failed = vercel.site("shop")
    assert failed.last_switch == Switch("rollback", "failed", one.id)
    assert failed.production != one.id
    assert failed.auto_assigns


def test_a_small_plan_goes_back_one_version_and_says_the_way_out(vercel: Vercel, project: Site, sim: Served) -> None:
    one, _, _ = (live(vercel, sim, project, text) for text in (b"one", b"two", b"three"))
    sim.control("/_config", {"plan": "hobby"})
    with pytest.raises(NotAllowed, match="402") as caught:
        vercel.rollback(project.id, one.id)
    assert "by hand" in caught.value.way_out


def test_variables_are_set_for_both_and_never_shown(vercel: Vercel, project: Site, sim: Served) -> None:
    values = {"API_WORD": Secret("a-value-" + "of-ours"), "OTHER": Secret("b")}
    for _ in range(2):
        vercel.set_environment(project, values)
    vercel.set_environment(project, {})
    state = requests.get(f"{sim.url}/_state", timeout=10).json()["projects"][project.id]["env"]
    assert [(one["key"], one["type"], one["target"]) for one in state] == [
        ("API_WORD", "sensitive", ["production", "preview"]),
        ("OTHER", "sensitive", ["production", "preview"]),
    ]
    assert "of-ours" not in str(sim.journal())


def test_protected_previews_are_entered_with_the_projects_bypass(vercel: Vercel, project: Site, sim: Served) -> None:
    made = vercel.deploy(project, FILES, {})
    pass_time(sim, 61)
    sim.control("/_config", {"protected": True})
    assert vercel.visit_headers(project.id) == {}
    sim.control("/_config", {"bypass": "open-" + "sesame"})
    headers = {name: value.reveal() for name, value in vercel.visit_headers(project.id).items()}
    address = f"http://{vercel.deployment(made.id).url}/"
    assert requests.get(address, timeout=10).status_code == 401
    assert requests.get(address, headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("ends", "state", "error"),
    [
        ("BLOCKED", "blocked", "DEPLOYMENT_BLOCKED"),
        ("CANCELED", "cancelled", ""),
        ("ALIAS_ERROR", "ready", "DNS_FAILED"),
    ],
)
def test_every_end_of_a_build_has_its_word(
    vercel: Vercel, project: Site, sim: Served, ends: str, state: str, error: str
) -> None:
    sim.control("/_config", {"next_builds": [ends]})
    made = vercel.deploy(project, FILES, {})
    assert made.state in RUNNING
    pass_time(sim, 61)
    ended = vercel.deployment(made.id)
    assert (ended.state, ended.live, ended.error[: len(error)]) == (state, False, error)


def test_cancelling_and_deleting_twice_is_fine(vercel: Vercel, project: Site, sim: Served) -> None:
    made = vercel.deploy(project, FILES, {})
    for _ in range(2):
        vercel.cancel(made.id)
        assert vercel.deployment(made.id).state == "cancelled"
    vercel.delete(made.id)
    vercel.delete(made.id)
    vercel.cancel(made.id)
    with pytest.raises(Missing):
        vercel.deployment(made.id)


def test_an_unfinished_deployment_is_not_promoted(vercel: Vercel, project: Site) -> None:
    made = vercel.deploy(project, FILES, {})
    with pytest.raises(Rejected):
        vercel.promote(project.id, made.id)


def test_limits_and_dead_tokens(vercel: Vercel, project: Site, sim: Served) -> None:
    sim.fault(status=429)
    with pytest.raises(RateLimited) as caught:
        vercel.site("shop")
    assert caught.value.retry_after is not None
    assert 50 <= caught.value.retry_after.total_seconds() <= 60
    with pytest.raises(Unauthorized):
        Vercel(sim.http("vercel", "wrong")).site("shop")
    with pytest.raises(Rejected):
        Vercel(sim.http("vercel", WORD), team_id="team_2").site("shop")


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_a_commit_is_fetched_by_vercel_itself(
    vercel: Vercel, sim: Served, project: Site, tmp_path: Path, system: str
) -> None:
    repository = BareRepository(tmp_path / "club.git")
    repository.create("main")
    blob = repository.blob(b"<h1>Club</h1>")
    tree = repository.write_tree(None, [("100644", blob, "site/index.html"), ("100644", blob, "README.md")])
    who = "Ada Example <ada@example.com> 1700000000 +0000"
    sha = repository.write_commit(tree, [], who, who, "Begin")
    commit = Commit(system, 42, "workwright/club", sha, "site")
    with pytest.raises(NotAllowed, match=r"set ship\.site\.source to files"):
        vercel.deploy_commit(project, commit, {})
    sim.control("/_config", {"repositories": {f"{system}:42": str(repository.path)}})
    made = vercel.deploy_commit(project, commit, {"workwright": "run-1"})
    pass_time(sim, 61)
    assert vercel.find_deployment(project.id, "workwright", "run-1") == vercel.deployment(made.id)
    assert requests.get(f"http://{made.url}/", timeout=5).text == "<h1>Club</h1>"
    assert requests.get(f"http://{made.url}/README.md", timeout=5).status_code == 404
