"""How the demo's story can end, with its exit code, and what is looked at then in the systems themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests

from shared.core.approval.release_words import count_found
from shared.core.loopback import resolve_loopback
from shared.core.pages import marks
from shared.core.run.run import Run, RunStatus
from shared.core.ship.site_requirements import check_site
from shared.core.text.outgoing_text import plain

if TYPE_CHECKING:
    from shared.local.first_setup import Installation
    from shared.local.story.demo import Story

LIVE, QUESTION, FAILED, NO_SITE, STOPPED, TIMED_OUT = "live", "question", "failed", "no site", "stopped", "timed out"
UNTRUE = 1  # the story ended, and something that has to hold does not
BROKEN_OFF = 130  # by Ctrl-C, as shells have it
EXIT_CODES: Mapping[str, int] = {LIVE: 0, QUESTION: 3, FAILED: 4, NO_SITE: 5, STOPPED: 6, TIMED_OUT: 7}
_TOLD = {
    QUESTION: "It stopped for a question. Answer it in your file, and tell the story again.",
    FAILED: "It ended without a result, and says why above. What was asked for may be more than this model can do.",
    NO_SITE: "What was asked for is done; no site was part of it.",
    STOPPED: "It was not approved, so nothing was built.",
    TIMED_OUT: "It had not ended when the time was up; --limit gives it more.",
}


def exit_code(story: Story) -> int:
    """Return what the demo ends with."""
    return EXIT_CODES[story.outcome] if story.ok else UNTRUE


def outcome_of(run: Run, *, in_time: bool) -> str:
    """Return how the story of a run ended."""
    if not in_time:
        return TIMED_OUT
    if run.status == RunStatus.SUCCEEDED:
        return LIVE if any(step.spec.kind == "site.promote" and step.output for step in run.steps) else NO_SITE
    ends = {RunStatus.AWAITING_INPUT: QUESTION, RunStatus.CANCELLED: STOPPED}
    return ends.get(run.status, FAILED)


def describe_end(outcome: str) -> str:
    """Return in a sentence how it ended, where that is not at a live site."""
    return _TOLD.get(outcome, "")


def check(house: Installation, story: Story, run: Run, checks_ref: str) -> None:
    """Check the end as a stranger would: look at the systems, not at our own records of them."""
    match story.outcome:
        case "question":
            story.check("question asked", bool(story.plan["question"]), str(story.plan["question"]))
        case "failed" | "stopped":
            shown = marks.FAILED if story.outcome == FAILED else marks.CANCELLED
            story.check("page shows the end", story.page["status"] == shown, story.page["status"])
            story.check("the reason is told", bool(_describe_failure(run)), _describe_failure(run))
        case "timed out":
            story.check("it goes on", not run.status.final, run.status.value.replace("_", " "))
        case _:
            _check_done(house, story, run, checks_ref)


def _describe_failure(run: Run) -> str:
    return plain(run.failure or run.cancel)


def _check_done(house: Installation, story: Story, run: Run, checks_ref: str) -> None:
    """Look at all that the run says it has made; what its plan holds no step for is not asked of it."""
    kinds = {step.spec.kind for step in run.steps}
    story.check("run succeeded", run.status == RunStatus.SUCCEEDED, run.status.value)
    story.check("page shows the end", story.page["status"] == marks.DONE, story.page["status"])
    story.check("approved by a person", bool(story.approval.get("by")), str(story.approval.get("by", "nobody")))
    if "code.test" in kinds:
        tests = story.sandbox.get("tests", 0)
        story.check("tests passed in the sandbox", tests > 0, f"{tests} in {story.sandbox.get('driver', 'none')}")
    if "repository.propose_change" in kinds:
        url = str(story.pull_request.get("url", ""))
        story.check("pull request open", _look(url)[0] == 200, url)
    if story.outcome == LIVE:
        _check_site(house, story, run, checks_ref)
    sent = [n for n in story.notifications if "sent" in n["outcome"]]
    story.check("people were told", len(sent) >= 2, f"{len(sent)} messages")


def _check_site(house: Installation, story: Story, run: Run, checks_ref: str) -> None:
    site = str(story.deployment.get("url", ""))
    text = house.wired.deps.store.get_text(run.tenant, checks_ref) if checks_ref else "[]"
    report = check_site(text, site, _look)
    wanted: list[dict[str, Any]] = json.loads(text)
    covered = {each["requirement"] for each in wanted}
    missing = [r["id"] for r in story.requirements if r["id"] not in covered and r["id"] not in story.by_tests_alone]
    good = report.total > 0 and not report.missing and not missing
    found = count_found(report.total - len(report.missing), len(story.by_tests_alone), len(report.missing))
    story.check("site shows every requirement", good, f"{found} at {site}")


def _look(url: str) -> tuple[int, str]:
    """Return status and text of an address; 0 where nothing answers, or where it is none."""
    try:
        where, meant = resolve_loopback(url)
        answer = requests.get(where, headers=meant, timeout=10)
    except requests.RequestException:
        return 0, ""
    answer.encoding = "utf-8"
    return answer.status_code, answer.text
