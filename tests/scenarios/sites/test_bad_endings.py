"""What is built does not build, does not show what was asked for, or cannot be tested: it never goes live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import requests

from shared.app.engine.execute_step import execute_step
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.sandbox.choose import NoSandbox
from shared.core.pages import marks
from shared.core.run.commands import Command
from shared.core.run.run import Run, RunStatus
from shared.wiring.tools import wire_tools
from tests.support.rigs.house import Neighbourhood, open_house

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad_endings")]


def _told(house: Neighbourhood, page: str, run: Run, what: str = "failed") -> None:
    """Check that everybody who has to know was told the reason."""
    title = run.trigger.title
    assert house.status(page) == marks.FAILED
    assert run.notices["run_failed/end"] == "notion:sent, email:sent, slack:sent"
    (mail,) = [mail for mail in house.look("ses", "/_outbox") if mail["subject"] == f"“{title}” {what}"]
    assert run.failure in mail["text"]
    assert [text for text in house.comments(page) if run.failure in text] != []


def _promotions(house: Neighbourhood) -> list[dict]:
    entries = house.look("vercel", "/_journal?effects=1")
    return [entry for entry in entries if "/promote/" in entry["path"] or "/rollback/" in entry["path"]]


def _asked(house: Neighbourhood, page: str) -> Run:
    """Wait until people are asked what to do, and return the run; the offline model can mend no code of its own."""
    house.set_status(page, marks.APPROVED)

    def asked() -> bool:
        house.agreed(page)
        return house.run(page).status == RunStatus.AWAITING_INPUT

    house.wait("the question", asked, page)
    return house.run(page)


def test_a_build_that_fails_goes_back_with_vercels_reason_and_people_are_asked(house: Neighbourhood) -> None:
    page = house.write("Broken build")
    house.plan(page)
    house.configure("vercel", fail_next_builds=1)
    run = _asked(house, page)
    failed = next(step for step in run.steps if step.spec.kind == "site.deploy")
    assert 'Command "npm run build" exited with 1' in failed.error
    house.wait("the comment", lambda: house.status(page) == marks.QUESTION, page)
    assert _promotions(house) == []


def test_a_preview_that_lacks_a_requirement_is_not_promoted(house: Neighbourhood) -> None:
    page = house.write("Blank preview")
    house.plan(page)
    before = len(_promotions(house))
    house.disturb("vercel", path="/_site/*", status=200, html="<p>Coming soon</p>", times=1000)
    try:
        run = _asked(house, page)
    finally:
        house.soothe("vercel")
    failed = next(step for step in run.steps if step.spec.kind == "site.verify")
    assert "not found on the site" in failed.error
    assert "site" not in run.facts
    assert len(_promotions(house)) == before


def test_a_production_site_that_lacks_a_requirement_goes_back_to_the_one_before(house: Neighbourhood) -> None:
    page = house.write("Blank production")
    first = house.story(page)
    assert first.status == RunStatus.SUCCEEDED
    house.add(page, "One more thing.")
    house.calm()
    house.plan(page, count=2)
    house.disturb("vercel", path="/_alias/*", status=200, html="<p>Coming soon</p>", times=1000)
    try:
        house.set_status(page, marks.APPROVED)
        run = house.ended(page, count=2)
    finally:
        house.soothe("vercel")
    assert run.status == RunStatus.FAILED
    assert "rolled back" in run.failure
    projects = house.look("vercel", "/_state")["projects"]
    deployed = next(step.output for step in first.steps if step.spec.kind == "site.deploy")
    house.wait("the old site", lambda: _production(house, deployed["project"]) == deployed["deployment"])
    assert deployed["project"] in projects
    _told(house, page, run, "was rolled back to the previous version")


def _production(house: Neighbourhood, project: str) -> str:
    requests.get(f"{house.house.simulators['vercel']}/v9/projects", timeout=10)  # jobs move on when somebody asks
    return str(house.look("vercel", "/_state")["projects"][project]["production"])


def test_without_a_sandbox_nothing_generated_is_run_and_the_run_says_why(tmp_path: Path) -> None:
    with open_house(tmp_path, working=False) as house:
        wired = house.house.wired
        assert wired.local_store is not None
        tools = replace(
            wire_tools(), sandbox=lambda: NoSandbox(("bubblewrap: not installed", "landlock: kernel too old"))
        )

        def deliver(command: Command) -> int:
            if command.function != "execute-step":
                return house.call(command).status_code
            execute_step(command, wired.deps, tools)
            return 204

        queue = Dispatcher(wired.local_store, deliver, wired.deps.clock, DispatchOptions(workers=4))
        queue.start()
        try:
            page = house.write("Untested")
            run = house.story(page)
        finally:
            queue.stop()
        assert run.status == RunStatus.FAILED
        assert "no sandbox works on this machine: bubblewrap: not installed | landlock: kernel too old" in run.failure
        _told(house, page, run)
        assert house.effects("github", "pull.create") == []
        assert house.look("vercel", "/_state")["deployments"] == {}
