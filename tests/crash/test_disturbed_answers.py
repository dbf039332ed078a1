"""Every external write is answered badly once; the run still ends, with each effect exactly once, and no e-mail twice.

A group has at most two writes of the same step: each may fail it once more, when it has to wait for a request that may
still arrive, and a step gives up after five failures in a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import cycle, product
from typing import Any

import pytest

from tests.crash.conftest import NewPlace, Undisturbed
from tests.support.measures.told_story import TOPICS, compare, ending
from tests.support.rigs.at_home import AT_HOME
from tests.support.rigs.disturbed_house import Place

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
        ("notion", "POST", "/v1/comments", 3),
        ("slack", "POST", "*/chat.postMessage", 3),
        ("github", "POST", "/repos/*/git/commits", 0),
        ("github", "POST", "/repos/*/git/refs", 0),
        ("vercel", "POST", "/v13/deployments", 0),
        ("vercel", "POST", "/v13/deployments", 1),
    ),
    "ends": (
        ("notion", "PATCH", f"/v1/blocks/{ANY_ID}", 5),
        ("notion", "PATCH", f"/v1/pages/{ANY_ID}", 5),
        ("notion", "PATCH", "/v1/blocks/*/children", 1),
        ("notion", "POST", "/v1/comments", 1),
        ("notion", "POST", "/v1/comments", 2),
        ("slack", "POST", "*/chat.postMessage", 1),
        ("slack", "POST", "*/chat.postMessage", 2),
        ("github", "POST", "/repos/*/pulls", 0),
        ("vercel", "POST", "/v2/files", 1),
    ),
}
EMAIL = ("ses", "POST", "/v2/email/outbound-emails")
# By what has become of the write and what is known of it; the words and statuses of one kind take turns at each system.
ANSWERS: Mapping[str, tuple[Order, ...]] = {
    "done, and not said": (
        {"when": "after", "drop": True},
        {"when": "after", "status": 503},
        {"when": "after", "status": 504},
    ),
    "not done, and not said": ({"when": "before", "drop": True}, {"when": "before", "status": 500}),
    "refused for a while": ({"when": "before", "status": 429, "headers": {"Retry-After": "1"}},),
}


def answered(kind: str) -> Mapping[Write, Order]:
    """Return the answer that each write gets."""
    turns: defaultdict[str, Iterator[Order]] = defaultdict(lambda: cycle(ANSWERS[kind]))
    return {write: next(turns[write[0]]) for group in GROUPS.values() for write in group}


def disturb(place: Place, write: Write, answer: Order) -> None:
    """Order the answer for one such write."""
    system, method, path, skip = write
    order = {**answer, "method": method, "path": path, "skip": skip, "times": 1}
    AT_HOME.post(f"{place.simulators[system]}/_faults", json=order, timeout=10).raise_for_status()


def disturb_emails(place: Place, kind: str) -> int:
    """Order the answers for all e-mails; return how many of the unclear ones go out nevertheless."""
    clear = kind == "refused for a while"  # the one refusal that says for certain that nothing was sent
    answers = cycle(ANSWERS[kind])
    for number in range(len(TOPICS)):
        disturb(place, (*EMAIL, number if clear else 0), next(answers))  # what is unclear is not begun again
    place.unclear = set() if clear else set(TOPICS)
    return len(TOPICS) if kind == "done, and not said" else 0


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_system_gives_every_answer(kind: str) -> None:
    found = {(write[0], str(answer)) for write, answer in answered(kind).items()}
    assert found == set(product(("notion", "github", "vercel", "slack"), map(str, ANSWERS[kind])))


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_bad_answer_to_each_write_changes_nothing_and_no_email_is_sent_twice(
    kind: str, group: str, new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    """Amazon SES knows no keys and cannot be asked: what is unclear stays so, and people hear it elsewhere."""
    place = new_place()
    place.begin()
    for write in GROUPS[group]:
        disturb(place, write, answered(kind)[write])
    sent = disturb_emails(place, kind) if group == "beginnings" else 0
    place.tell_story()
    assert place.faults_left() == []
    ended = ending(place)
    assert compare(place, ended, undisturbed.end.effects, emails=sent) == []
