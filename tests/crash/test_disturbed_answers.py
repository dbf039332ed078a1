"""Every external write is answered badly once; the run still ends, with each effect exactly once.

A group has at most three writes of the same step, because a step gives up after five failures in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.crash.conftest import NewPlace, Undisturbed
from tests.support.told_story import TOPICS, compare, ending

Order = Mapping[str, Any]
Write = tuple[str, str, str, int]  # system, method, path, how many such calls come first

ANY_ID = "?" * 36
GROUPS: Mapping[str, tuple[Write, ...]] = {
    "beginnings": (
        ("notion", "PATCH", f"/v1/pages/{ANY_ID}", 0),
        ("notion", "PATCH", "/v1/blocks/*/children", 0),
        ("notion", "POST", "/v1/comments", 0),
        ("slack", "POST", "*/chat.postMessage", 0),
        ("github", "POST", "/orgs/acme/repos", 0),
        ("github", "POST", "/repos/*/git/trees", 0),
        ("vercel", "POST", "/v11/projects", 0),
        ("vercel", "POST", "/v2/files", 0),
        ("vercel", "POST", "/v10/projects/*/promote/*", 0),
    ),
    "middles": (
        ("notion", "PATCH", f"/v1/blocks/{ANY_ID}", 0),
        ("notion", "POST", "/v1/pages", 0),
        ("notion", "PATCH", f"/v1/pages/{ANY_ID}", 2),
        ("github", "POST", "/repos/*/git/commits", 0),
        ("github", "POST", "/repos/*/git/refs", 0),
        ("vercel", "POST", "/v13/deployments", 0),
        ("vercel", "POST", "/v13/deployments", 1),
    ),
    "ends": (
        ("notion", "PATCH", f"/v1/blocks/{ANY_ID}", 5),
        ("notion", "PATCH", f"/v1/pages/{ANY_ID}", 5),
        ("notion", "POST", "/v1/comments", 1),
        ("slack", "POST", "*/chat.postMessage", 1),
        ("github", "POST", "/repos/*/pulls", 0),
        ("vercel", "POST", "/v2/files", 1),
    ),
}
ANSWERS: Mapping[str, Order] = {
    "connection lost after the write": {"when": "after", "drop": True},
    "connection lost before the write": {"when": "before", "drop": True},
    "503 after the write": {"when": "after", "status": 503},
    "504 after the write": {"when": "after", "status": 504},
    "500 before the write": {"when": "before", "status": 500},
    "429 with Retry-After": {"when": "before", "status": 429, "headers": {"Retry-After": "1"}},
}


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_bad_answer_to_each_write_changes_nothing(
    answer: str, group: str, new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place()
    place.begin()
    for system, method, path, skip in GROUPS[group]:
        order = {**ANSWERS[answer], "method": method, "path": path, "skip": skip, "times": 1}
        requests.post(f"{place.simulators[system]}/_faults", json=order, timeout=10).raise_for_status()
    place.tell_story()
    assert place.faults_left() == []
    ended = ending(place)
    assert compare(place, ended, undisturbed.end.effects) == []


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("which", [0, 1], ids=TOPICS)
def test_an_email_with_an_unclear_answer_is_never_sent_again(
    which: int, answer: str, new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    """Amazon SES knows no keys and cannot be asked: what is unclear stays so, and people hear it elsewhere."""
    place = new_place()
    place.begin()
    fault = ANSWERS[answer]
    limited = fault.get("status") == 429  # the one refusal that says for certain that nothing was sent
    if not limited:
        place.unclear = {TOPICS[which]}
    order = {**fault, "method": "POST", "path": "/v2/email/outbound-emails", "skip": which, "times": 1}
    requests.post(f"{place.simulators['ses']}/_faults", json=order, timeout=10).raise_for_status()
    place.tell_story()
    assert place.faults_left() == []
    ended = ending(place)
    sent = 1 if fault["when"] == "after" else 0
    assert compare(place, ended, undisturbed.end.effects, emails=sent) == []
