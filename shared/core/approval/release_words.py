"""What people are told at a gate behind the plan's: what leaves or goes live, to where, what was found, what it costs.

One text for the page, mail, Slack, the API and the approval page: an approval means the same wherever it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.approval.gates import PLAN, PRODUCTION, QUESTION, RELEASE, gate_kind, is_by_policy, waiting_kind
from shared.core.pages.page_changes import TO_BUILD, describe_edits
from shared.core.run.replan import bare_name
from shared.core.run.run import Run, RunStatus
from shared.core.text.cut_text import cut_text
from shared.core.text.outgoing_text import plain
from shared.core.text.sentence import count_of

PREVIEW = "The preview: "
_UNASKED = {PLAN: "the plan", RELEASE: "what leaves", PRODUCTION: "going live"}
MAX_FINDINGS = 20
MAX_FILES = 40
MAX_PACKAGES = 40
MAX_LINE = 500
_MARKS = {"block": "✗", "warn": "!", "note": "·"}
_MERGES = {
    "never": "merged by nobody but you",
    "after_review": "merged by itself after a person's review",
    "when_green": "merged by itself when its checks are green",
}


def find_shown_output(run: Run, gate: str) -> Mapping[str, Any]:
    """Return the output that a gate is about: of the review before a release, of the verification before production."""
    step = run.step(gate)
    outputs = [before.output for name in (step.spec.depends_on if step else ()) if (before := run.step(name))]
    return next((output for output in reversed(outputs) if output.get("binds")), {})


def find_review(run: Run) -> Mapping[str, Any]:
    """Return the output of the latest review of what leaves."""
    outputs = (step.output for step in reversed(run.steps) if step.spec.kind == "release.review" and step.output)
    return next(outputs, {})


def count_found(found: int, by_tests: int, missing: int = 0) -> str:
    """Return how many requirements were found on a site, and of how many no text but tests alone speak."""
    total = found + by_tests + missing
    counted = (
        f"{found} requirement{'' if total == 1 else 's'}" if found == total else f"{found} of {total} requirements"
    )
    return f"{counted} (tests alone cover {by_tests} that no text can show)" if by_tests else counted


def subject_of(kind: str, title: str) -> str:
    """Return what is asked, in one line."""
    if kind == RELEASE:
        return f"Approve what leaves for “{title}”"
    return f"Approve that “{title}” goes live" if kind == PRODUCTION else f"Approve the plan for “{title}”"


def describe_question(run: Run, gate: str) -> list[str]:
    """Return what exactly is asked at a gate behind the plan's; [] for the plan's own."""
    kind = gate_kind(gate)
    if kind == PLAN:
        return []
    review, edited = find_review(run), describe_edits(run)
    if edited:
        edited.append(TO_BUILD)
    edited += describe_passed(run)
    if kind == PRODUCTION:
        return [*edited, *_live(run, find_shown_output(run, gate)), *_list_findings(review), _money(run)]
    return [*edited, *_leaving(review), *_packages(review), *_list_findings(review), _money(run)]


def describe_passed(run: Run) -> list[str]:
    """Return under which rules the present plan of a run went ahead without a person, a line for each gate."""
    prefix, lines = f"r{run.revision}." if run.revision > 1 else "", []
    for gate in run.steps:
        if is_by_policy(gate) and gate.id == prefix + bare_name(gate.id):
            words, version = plain(str(gate.output.get("words", ""))), gate.output.get("version")
            unasked = f"nobody was asked about {_UNASKED[gate_kind(gate.id)]}"
            lines.append(f"Went ahead under the rule “{words}” (policy, version {version}): {unasked}.")
    return lines


def question_lines(run: Run) -> list[str]:
    """Return what people are asked in words, a line each; [] while no answer is waited for."""
    if run.status != RunStatus.AWAITING_INPUT:
        return []
    return _plain(str(run.facts.get("question", "")).split("\n"))


def waits_for(run: Run) -> str:
    """Return what a run waits for from people: "plan", "release", "production", "question", or "" for nothing."""
    return QUESTION if run.status == RunStatus.AWAITING_INPUT else waiting_kind(run)


def describe_decision(run: Run, kind: str) -> str:
    """Return how people decide about it."""
    by_status = ", or set the status to Approved" if run.trigger.decided_by_status else ""
    otherwise = {
        PLAN: "For another plan: comment “no, because …”, or edit the page.",
        RELEASE: "To have it changed: comment “no, because …”.",
        PRODUCTION: "To have it changed: comment “no, because …”. It stays a preview until somebody approves.",
    }[kind]
    stop = " To stop: set the status to Cancelled." if run.trigger.decided_by_status else ""
    return f"To go on: comment “approve”{by_status}. {otherwise}{stop}"


def targets(
    code: Mapping[str, Any],
    site: Mapping[str, Any],
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    titles: Mapping[str, str],
) -> list[str]:
    """Return where work goes, a line for each, by the tenant's settings (`CodeTarget`, `SiteTarget` as data) and the
    kinds and inputs of the steps that send it; `titles` are what people call the systems."""
    lines = []
    for kind, given in steps:
        if kind == "repository.propose_change":
            lines.append(_repository(code, given, titles.get(str(code.get("system", "")), "the connected forge")))
        elif kind == "site.deploy":
            names = ", ".join(str(variable.get("name", "")) for variable in site.get("environment", ()))
            host = titles.get(system := str(site.get("system") or ""), system) or "the connected host"
            lines.append(
                f"A preview on {host}, project {given.get('project', '')}"
                + (f", with the variables {names}" if names else "")
            )
        elif kind == "repository.merge_change":
            lines.append(f"The change is {_MERGES.get(str(code.get('merge')), 'merged by nobody but you')}")
        elif kind == "site.promote":
            lines.append("Production, when the preview is as it should be")
    return lines


def _repository(code: Mapping[str, Any], given: Mapping[str, Any], forge: str) -> str:
    owner, name = str(code.get("owner", "")), str(code.get("repository", ""))
    where = f"{owner}/{name}" if name else f"a repository of its own{f' in the account {owner}' if owner else ''}"
    more = [f"branch {given.get('branch', '')}-…", "a draft" if code.get("draft") else ""]
    more += [f"reviewers {', '.join(code['reviewers'])}" if code.get("reviewers") else ""]
    seen = "private" if code.get("private", True) else "open to everybody"
    return f"A change to {where} ({seen}) on {forge}: {', '.join(each for each in more if each)}"


def _leaving(review: Mapping[str, Any]) -> list[str]:
    stat = review.get("stat") or {}
    paths = _limit_paths([str(each) for each in review.get("paths", ())][:MAX_FILES])
    more = int(stat.get("files", 0)) - len(paths)
    files = ", ".join(paths) + (f" and {more} more" if more > 0 else "")
    lines = [f"To: {each}{'' if str(each).endswith('…') else '.'}" for each in review.get("targets", ())]
    lines.append(
        f"What: {count_of(int(stat.get('files', 0)), 'file')}, {count_of(int(stat.get('added', 0)), 'line')} added,"
        f" {stat.get('removed', 0)} removed"
        f" (work {str(review.get('tree', ''))[:12]}): {files}"
    )
    return [*_plain(lines), *_list_tests(review)]


def _limit_paths(paths: Sequence[str]) -> list[str]:
    """Return the paths that one line has room for, beside what else it says."""
    kept, room = [], MAX_LINE * 3
    for path in paths:
        room -= len(path) + 2
        if room < 0:
            break
        kept.append(path)
    return kept


def _list_tests(review: Mapping[str, Any]) -> list[str]:
    if "tests" not in review:
        return []
    rounds = int(review.get("rounds", 0))
    mended = f" after {rounds} repair{'' if rounds == 1 else 's'}" if rounds else ""
    return _plain([f"Tests: {review['tests']} passed in the {review.get('driver', '')} sandbox{mended}."])


def _packages(review: Mapping[str, Any]) -> list[str]:
    named = [str(each) for each in review.get("packages", ())]
    brought = int(review.get("brought", 0))
    if not named and not brought:
        return ["New packages: none."]
    also = f", and {brought} that these need" if brought else ""
    count = int(review.get("named", len(named)))
    more = [f"+ and {count - MAX_PACKAGES} more: look at the run."] if count > MAX_PACKAGES else []
    return _plain([f"New packages ({count}{also}):", *(f"+ {each}" for each in named[:MAX_PACKAGES]), *more])


def _list_findings(review: Mapping[str, Any]) -> list[str]:
    found = list(review.get("findings", ()))
    lines = [f"{_MARKS.get(str(each.get('severity')), '·')} {each.get('text', '')}" for each in found[:MAX_FINDINGS]]
    count = int(review.get("found", len(found)))
    more = [f"· and {count - MAX_FINDINGS} more: look at the run."] if count > MAX_FINDINGS else []
    author = f"The author disagrees: {review['author']}" if review.get("author") else ""
    note = f"The author says: {review['note']}" if review.get("note") else ""
    return _plain([str(review.get("looked", "")), *lines, *more, author, note]) if review else []


def _live(run: Run, shown: Mapping[str, Any]) -> list[str]:
    preview = str(shown.get("url") or run.facts.get("preview") or "")
    lines = [f"{PREVIEW}{preview}"] if preview else []
    if shown.get("checked"):
        lines.append(f"Found on it: {count_found(int(shown['checked']), int(shown.get('by_tests', 0)))}.")
    lines += [f"! {each}" for each in shown.get("findings", ()) if isinstance(each, str)]
    review = find_review(run)
    return [*[each[:MAX_LINE] for each in lines], *_list_tests(review)]


def _money(run: Run) -> str:
    return f"Cost so far: {run.spent.micros / 1e6:.4f} US dollars; at most {run.limits.micros / 1e6:.2f} for all of it."


def _plain(lines: Sequence[str]) -> list[str]:
    return [cut_text(plain(" ".join(line.split())), MAX_LINE * 4) for line in lines if line]
