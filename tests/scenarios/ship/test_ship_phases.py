"""Cancelled in any phase, nothing is left behind; and what is down or locked only holds a run up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from shared.core.run.run import Run, RunStatus, StepStatus
from tests.support.builders.made_up_secrets import letters
from tests.support.measures.ship_leaks import leaks, plant
from tests.support.rigs.moved_house import ONCE, MovedHouse, open_moved_house, succeeded

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ship_phases")]
Enter = Callable[[MovedHouse, str], Any]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovedHouse]:
    """Yield a house in hand; at the end nothing has left without an approval, and no secret has."""
    with open_moved_house(tmp_path_factory.mktemp("phases")) as opened:
        canaries = plant(opened)
        yield opened
        assert opened.unauthorised() == []
        assert leaks(opened, canaries) == []


# --- phases -----------------------------------------------------------------------------------------------------------


def _status(run: Run, kind: str) -> StepStatus:
    return next(step.status for step in run.steps if step.spec.kind == kind)


def _wakes(run: Run, kind: str) -> int:
    return next(step.wake for step in run.steps if step.spec.kind == kind)


def _at(gate: str) -> Enter:
    return lambda moved, page: moved.at_gate(page, gate)


def _once(true: Callable[[Run], Any]) -> Enter:
    return lambda moved, page: moved.during(page, true)


def _pushing(moved: MovedHouse, page: str) -> None:
    """Commit and branch are there, and the pull request is not."""
    moved.at_gate(page, "release")
    moved.there.disturb("github", method="POST", path="*/pulls", status=503, times=1)
    moved.during(page, lambda run: next(s for s in run.steps if s.spec.kind == "repository.propose_change").failures)
    assert _branches(moved, moved.run(page)) != []


PHASES: dict[str, Enter] = {
    "plan gate": _at("approve"),
    "generating": _once(lambda run: succeeded(run, "code.outline")),
    "testing": _once(lambda run: any(step.spec.kind == "code.try" for step in run.steps)),
    "release gate": _at("release"),
    "pushing": _pushing,
    "building the preview": _once(lambda run: _wakes(run, "site.deploy") >= 2),
    "verifying": _once(lambda run: succeeded(run, "site.deploy")),
    "production gate": _at("production"),
    "promoting": _once(lambda run: _wakes(run, "site.promote") >= 1),
    "watching": _once(lambda run: _wakes(run, "site.watch") >= 2),
}


# --- what is there ----------------------------------------------------------------------------------------------------


def _repo(moved: MovedHouse, run: Run) -> dict[str, Any]:
    end = run.trigger.page.replace("-", "")[-6:]
    repos = moved.there.look("github", "/_state")["repos"]
    return next((repo for name, repo in repos.items() if name.endswith(f"-{end}")), {"refs": {}, "pulls": []})


def _branches(moved: MovedHouse, run: Run) -> list[str]:
    return [ref for ref in _repo(moved, run)["refs"] if "workwright/" in ref]


def _open_pulls(moved: MovedHouse, run: Run) -> list[Any]:
    pulls = _repo(moved, run)["pulls"]
    return [pull for pull in (pulls.values() if isinstance(pulls, dict) else pulls) if pull["state"] == "open"]


def _deployments(moved: MovedHouse, run: Run) -> list[str]:
    requests.get(f"{moved.there.house.simulators['vercel']}/v9/projects", timeout=10)  # builds go on when somebody asks
    every = moved.there.look("vercel", "/_state")["deployments"].values()
    return [str(one["id"]) for one in every if one["meta"].get("workwright-run") == run.id]


@pytest.mark.parametrize("phase", PHASES)
def test_cancelled_in_any_phase_nothing_is_left_behind(moved: MovedHouse, phase: str) -> None:
    there = moved.there
    there.configure("vercel", build_seconds=4, alias_seconds=4)
    moved.ship(site={"watch_s": 600})
    try:
        page = there.write(f"Never mind: {phase}")
        moved.plan(page)
        PHASES[phase](moved, page)
        assert not moved.run(page).status.final
        run = moved.cancel(page)
    finally:
        there.soothe("github")
        there.configure("vercel", build_seconds=0.05, alias_seconds=0.05)
        moved.ship(site={})
    assert (run.status, run.cancel) == (RunStatus.CANCELLED, "cancelled by Ada Example in Notion")
    assert run.undone_failed == ()
    assert there.status(page) == "Cancelled"
    (told,) = [text for text in there.comments(page) if "was cancelled" in text]
    for kind, place in (("repository.propose_change", "the repository http"), ("site.deploy", "on Vercel")):
        if any(step.spec.kind == kind and step.output for step in run.steps):
            assert place in told.partition("What stays")[2], told
    for _ in range(2):  # now, and when all that was still on its way has arrived
        assert (_branches(moved, run), _open_pulls(moved, run), _deployments(moved, run)) == ([], [], [])
        if phase not in ("building the preview", "pushing", "promoting"):
            break
        moved.pass_time(timedelta(minutes=30))


# --- what is down, and what is locked ---------------------------------------------------------------------------------

AN_HOUR = timedelta(hours=1)
DOWN = {"path": "/*", "status": 503, "times": 100_000}


@pytest.mark.parametrize(
    ("systems", "phase"), [(("github", "vercel"), "release gate"), (("vercel",), "production gate")]
)
def test_what_is_down_for_an_hour_holds_a_run_up_and_nothing_is_done_twice(
    moved: MovedHouse, systems: tuple[str, ...], phase: str
) -> None:
    page = moved.there.write(f"While all is down: {phase}")
    moved.plan(page)
    PHASES[phase](moved, page)
    try:
        for system in systems:
            moved.there.disturb(system, **DOWN)
        moved.agree(page)
        moved.pass_time(AN_HOUR)
        assert not moved.run(page).status.final, moved.report(page)
    finally:
        for system in systems:
            moved.there.soothe(system)
    run = moved.ended(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert moved.made(run) == ONCE


def test_tokens_that_are_revoked_in_the_middle_wait_for_a_person_and_the_run_goes_on(moved: MovedHouse) -> None:
    there = moved.there
    page = there.write("Without access")
    moved.plan(page)
    moved.at_gate(page, "release")
    moved.agree(page)
    try:
        for system, (_, status, body) in REFUSED.items():  # whoever comes with the old one
            there.disturb(system, path="/*", status=status, body=body, times=100_000)
        moved.until("the wait", lambda: moved.waits_for_grant(page) == set(REFUSED), page)
        moved.pass_time(AN_HOUR)
        assert moved.waits_for_grant(page) == set(REFUSED)
    finally:
        for system in REFUSED:
            there.soothe(system)
    for system, (name, _, _) in REFUSED.items():
        mails = [mail for mail in there.look("ses", "/_outbox") if mail["subject"] == f"Please connect {name} again"]
        assert len(mails) == 1
        assert f"workwright account {system}" in mails[0]["text"]
        assert _connected(moved, system) == 200
    run = moved.ended(page)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert moved.made(run) == ONCE


REFUSED: dict[str, tuple[str, int, Any]] = {
    "github": ("GitHub", 401, {"message": "Bad credentials"}),
    "vercel": ("Vercel", 403, {"error": {"code": "forbidden", "message": "Not authorized", "invalidToken": True}}),
}


def _connected(moved: MovedHouse, system: str) -> int:
    """Connect a system with a new token, as its owner does in the terminal; return the API's answer."""
    there, token = moved.there, letters(f"another token of {system}", 40)
    who = {"login": "workwright", "org": "acme"} if system == "github" else {}
    there.control(system, "/_seed", {"token": token, **who})
    key = (there.house.data / "owner.key").read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {key}"}
    asked = {"system": system, "token": token}
    return requests.post(f"{there.house.url}/v1/connections", json=asked, headers=headers, timeout=10).status_code
