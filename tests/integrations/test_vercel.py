"""The Vercel client against the simulated Vercel over HTTP."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.core.errors import Missing, OutcomeUnknown, RateLimited, Rejected, Unauthorized, Unavailable
from shared.integrations.vercel import Deployment, Project, Vercel
from shared.sim.vercel import VercelSimulator
from tests.integrations.conftest import Served

WORD = "vc-word-" + "1"
FILES = {"index.html": b"<h1>Hi</h1>", "logo.bin": b"\x00\xff", "copy.html": b"<h1>Hi</h1>"}


@pytest.fixture
def sim(served: Callable[[Any], Served], tmp_path: Path) -> Served:
    started = served(VercelSimulator(tmp_path))
    started.control("/_seed", {"token": WORD, "teams": [{"id": "team_1", "slug": "acme"}]})
    started.control("/_config", {"build_seconds": 60, "alias_seconds": 10})
    return started


@pytest.fixture
def vercel(sim: Served) -> Vercel:
    return Vercel(sim.http("vercel", WORD), team_id="team_1")


@pytest.fixture
def project(vercel: Vercel) -> Project:
    return vercel.ensure_project("shop")


def pass_time(sim: Served, seconds: int) -> None:
    sim.control("/_clock", {"offset_s": sim.simulator.offset.total_seconds() + seconds})


def live(vercel: Vercel, sim: Served, project: Project, text: bytes) -> Deployment:
    """Bring a version into production; return its deployment."""
    made = vercel.deploy(project, {"index.html": text}, {}, "production")
    pass_time(sim, 61)
    return vercel.deployment(made.id)


def test_a_project_is_made_once_and_in_the_team(vercel: Vercel, sim: Served) -> None:
    first = vercel.ensure_project("shop")
    assert vercel.ensure_project("shop") == first
    assert sim.effects() == ["project.create"]
    with pytest.raises(Missing):
        Vercel(sim.http("vercel", WORD)).project("shop")
    sim.fault(method="GET", path="/v9/projects/shop", status=404)
    assert vercel.ensure_project("shop") == first  # somebody was faster: 409


def test_files_are_uploaded_once(vercel: Vercel, project: Project, sim: Served) -> None:
    made = vercel.deploy(project, FILES, {"run": "r1"})
    uploads = [entry for entry in sim.journal() if entry["path"] == "/v2/files"]
    assert len(uploads) == len({hashlib.sha1(content).hexdigest() for content in FILES.values()}) == 2
    assert (made.target, made.meta, made.state) == ("", {"run": "r1"}, "QUEUED")
    vercel.deploy(project, FILES | {"new.html": b"n"}, {"run": "r2"})
    assert len([entry for entry in sim.journal() if entry["path"] == "/v2/files"]) == 3
    pass_time(sim, 61)
    ready = vercel.deployment(made.id)
    assert (ready.state, ready.alias_assigned, ready.error) == ("READY", True, "")
    assert requests.get(f"{sim.url}/_site/{made.id}/", timeout=10).content == FILES["index.html"]


def test_a_lost_answer_is_found_again_by_its_meta(vercel: Vercel, project: Project, sim: Served) -> None:
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


def test_a_deployment_is_found_on_a_later_page(vercel: Vercel, project: Project, sim: Served) -> None:
    wanted = vercel.deploy(project, FILES, {"run": "old"}, fresh=True)
    for number in range(101):
        pass_time(sim, 1)
        vercel.deploy(project, FILES, {"run": str(number)}, fresh=True)
    found = vercel.find_deployment(project.id, "run", "old")
    assert found is not None
    assert found.id == wanted.id


def test_a_failed_build_tells_why(vercel: Vercel, project: Project, sim: Served) -> None:
    sim.control("/_config", {"fail_next_builds": 1, "build_log": "Error: no such page"})
    made = vercel.deploy(project, FILES, {})
    pass_time(sim, 61)
    failed = vercel.deployment(made.id)
    assert (failed.state, failed.error) == ("ERROR", 'BUILD_FAILED Command "npm run build" exited with 1')
    assert ("stderr", "Error: no such page") in [(event.type, event.text) for event in vercel.events(made.id)]


def test_promotion_and_rollback(vercel: Vercel, project: Project, sim: Served) -> None:
    one = live(vercel, sim, project, b"one")
    two = live(vercel, sim, project, b"two")
    assert (one.state, two.substate, vercel.project("shop").production) == ("READY", "PROMOTED", two.id)
    vercel.rollback(project.id, one.id, "two was bad")
    vercel.rollback(project.id, one.id)  # in progress already, and to the same place
    with pytest.raises(Unavailable):
        vercel.promote(project.id, two.id)
    job = vercel.project("shop").last_alias_request
    assert job is not None
    assert (job.type, job.status, job.from_deployment, job.to_deployment) == ("rollback", "pending", two.id, one.id)
    pass_time(sim, 11)
    assert vercel.project("shop").production == one.id
    three = live(vercel, sim, project, b"three")
    assert (three.state, vercel.project("shop").production) == ("READY", one.id)  # ready is not live after a rollback
    vercel.promote(project.id, three.id)
    pass_time(sim, 11)
    vercel.promote(project.id, three.id)
    after = vercel.project("shop")
    assert after.last_alias_request is not None
    assert (after.production, after.last_alias_request.status) == (three.id, "succeeded")
    assert sim.effects().count("deployment.promote") == 1


def test_cancelling_and_deleting_twice_is_fine(vercel: Vercel, project: Project, sim: Served) -> None:
    made = vercel.deploy(project, FILES, {})
    assert vercel.cancel(made.id).state == "CANCELED"
    assert vercel.cancel(made.id).state == "CANCELED"
    vercel.delete(made.id)
    vercel.delete(made.id)
    with pytest.raises(Missing):
        vercel.deployment(made.id)


def test_an_unfinished_deployment_is_not_promoted(vercel: Vercel, project: Project) -> None:
    made = vercel.deploy(project, FILES, {}, "production")
    with pytest.raises(Rejected):
        vercel.promote(project.id, made.id)


def test_limits_and_dead_tokens(vercel: Vercel, project: Project, sim: Served) -> None:
    sim.fault(status=429)
    with pytest.raises(RateLimited) as caught:
        vercel.project("shop")
    assert caught.value.retry_after is not None
    assert 50 <= caught.value.retry_after.total_seconds() <= 60
    with pytest.raises(Unauthorized):
        Vercel(sim.http("vercel", "wrong")).project("shop")
    with pytest.raises(Rejected):
        Vercel(sim.http("vercel", WORD), team_id="team_2").project("shop")
