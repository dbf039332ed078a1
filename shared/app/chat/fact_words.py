"""The facts of a run in words: each says what it is, so that neither people nor a model have to guess at a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.core.approval.release_words import count_found
from shared.core.approval.roll_back_words import rolled_back_line
from shared.core.pages.page_changes import EDITED, edited_lines
from shared.core.run.acts import ROLLED_BACK
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain

_WORDS: Mapping[str, str] = {
    "files": "Files written or changed",
    "files_not_read": "Files of the repository that no model may read",
    "model": "The model that wrote them",
    "tests": "Tests that passed",
    "tests_changed": "Tests that were there before and were changed",
    "sandbox": "The sandbox that they ran in",
    "repository": "Repository",
    "branch": "Branch",
    "pull_request": "Pull request",
    "not_taken": "Of the team's settings for pull requests, not taken by the forge",
    "webhook": "Webhook of the repository",
    "checks": "Checks of the pull request",
    "merge": "Merging of the pull request",
    "merged": "Merged",
    "preview": "Preview of the site",
    "verified": "Found on the preview",
    "notes": "To be known before it goes live",
    "site": "Live site",
    "rolling_back_to": "Being taken back to the deployment",
    "rolled_back_to": "Taken back to the deployment",
    "alarm": "To be done at once, by a person",
    "rows": "Rows changed",
    "rows read": "Rows read",
    "rows counted": "Rows counted",
    "passages found": "Passages of the workspace that were found",
    "kept": "Left where it is",
    "left_as_it_is": "Left as it is",
    "retries": "It does over the run",
}
_ELSEWHERE = frozenset({"question", "by_tests", EDITED, ROLLED_BACK})  # said by themselves, or with another fact


def fact_lines(run: Run) -> Iterator[str]:
    """Yield what is known of a run beside its steps, a line each; addresses are dead, as in all that we write."""
    told: Mapping[str, Callable[[Any], str]] = {
        "verified": lambda found: count_found(int(found), int(run.facts.get("by_tests") or 0))
    }
    for name, value in run.facts.items():
        if name not in _ELSEWHERE:
            said = told.get(name, str)(value)
            yield f"{_WORDS.get(name) or name.replace('_', ' ').capitalize()}: {plain(said)}"
    yield from (line for line in (*edited_lines(run), rolled_back_line(run)) if line)
