"""What people are asked when work cannot be mended: what was wrong with it, where it says so, and the ways out.

Work goes back for four reasons: its tests fail, the review has found something that must not leave, a later step says
that it is not right, or a person wants it otherwise. Each is told as what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.run.run import Run, Step
from shared.core.text.cut_text import cut_text
from shared.core.text.sentence import end_sentence

REVIEW = "release.review"
MAX = 2000  # letters of a question
MAX_TOLD = 1200  # letters of what was wrong
_SETTINGS = {  # by the rule of a finding: what of the team's settings decides about it
    "paths": "policy.may_change or policy.must_not_change",
    "protected": "policy.protected",
    "size": "policy.most_files, policy.most_bytes or policy.most_file_bytes",
    "dependency": "policy.dependencies_allowed or policy.dependencies_denied",
    "age": "policy.dependency_age_days",
    "licence": "policy.licences_allowed or policy.unknown_licence",
}


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why work went back and what came of it.

    `sender` is the step that sent it back, None for tests and wishes; `objection` what it was told to mend; `failing`
    what the tests of the last repair said, "" when they passed or there was no repair; `green` that some version
    passed; `note` what the author of the last repair has for people.
    """

    why: str
    objection: str = ""
    failing: str = ""
    sender: Step | None = None
    green: bool = False
    note: str = ""


def question_of_stuck(run: Run, stuck: Stuck) -> str:
    """Return the question, in at most 2,000 letters: of what was wrong some may be left out, of the way out nothing."""
    way_out = _way_out(run, stuck)
    if note := cut_text(stuck.note.strip(), MAX_TOLD // 2):
        way_out = f"Its author says: {note}\n{way_out}"
    return f"{cut_text(_describe_stuck(stuck), MAX - 1 - len(way_out))}\n{way_out}"


def _describe_stuck(stuck: Stuck) -> str:
    objection, failing = cut_text(stuck.objection.strip(), MAX_TOLD), cut_text(stuck.failing.strip(), MAX_TOLD)
    kept = "What passed its tests before is kept as it was." if stuck.green else "No version has passed its tests yet."
    if not objection and not failing:
        return f"What people have answered is not worked in: {end_sentence(stuck.why)} {kept}"
    if not objection:
        return f"The tests fail, and {end_sentence(stuck.why)} {kept} What fails: {failing}"
    left = f"\nThe last repair does not pass its tests: {cut_text(failing, MAX_TOLD // 2)}" if failing else ""
    if stuck.sender is None:
        return f"{objection}\nThat is not done: {end_sentence(stuck.why)} {kept}{left}"
    if stuck.sender.spec.kind == REVIEW:
        return f"{objection}\nNothing has left. It was not mended: {end_sentence(stuck.why)} {kept}{left}"
    title = stuck.sender.spec.title or stuck.sender.id
    return (
        f"“{title}” says that the work is not right: {objection}\n"
        f"It was not mended: {end_sentence(stuck.why)} {kept}{left}"
    )


def _way_out(run: Run, stuck: Stuck) -> str:
    stop = " To stop, set the status to Cancelled." if run.trigger.decided_by_status else ""
    other = "What should be different? Say it in a comment or edit the page, and another plan is made."
    if not stuck.objection or not stuck.green:
        return other + stop
    if stuck.sender is None:
        return f"{other} Comment “again” to be asked about the work as it was.{stop}"
    if stuck.sender.spec.kind != REVIEW:
        return f"{other} Comment “again” to try the same work once more.{stop}"
    return f"{other}{_settings(stuck.sender)} Comment “again” to have the same work looked through once more.{stop}"


def _settings(review: Step) -> str:
    """Return which settings have refused the work, and how they are changed; "" where none has."""
    named = [setting for rule, setting in _SETTINGS.items() if f" {rule}:" in f" {review.signature}"]
    return f" An owner can change what is allowed: workwright ship --set with {', '.join(named)}." if named else ""
