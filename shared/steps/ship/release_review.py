"""release.review: look through what is about to leave, and say what people are asked to approve.

Secrets, the tenant's policy, new packages, and an agent that searches for harm. What must not leave goes back to be
mended; what a person should know is shown, in the page too, beside exactly what leaves and where to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.core.approval.release_words import targets
from shared.core.code.worktree import diff
from shared.core.planning.plan_words import TAKE_OFF, quote_context
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, StepStatus
from shared.core.secrets.secret_places import SIGN, places_in
from shared.core.ship.policy import BLOCK, NOTE, WARN, Finding, Judged, judge
from shared.core.text.sentence import count_of
from shared.integrations.ship_policy import read_policy
from shared.integrations.ship_settings import ship_of
from shared.integrations.systems import TITLES
from shared.mind.safety.leaks import leaks, read_text
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepFailure, StepKind
from shared.steps._work import Work, load_tested_work
from shared.steps.ship._destination import There, look_there
from shared.steps.ship._harm_findings import disagreement, look_once, note_of_author
from shared.steps.ship._release import hash_release, name_places
from shared.steps.ship._review_page import show_review

if TYPE_CHECKING:
    from shared.mind.safety.harm_review import Look

MAX_KEPT = 60  # findings and packages that the output holds
MAX_PATHS = 60
_NEVER = (StepStatus.SKIPPED, StepStatus.FAILED)  # steps that another plan stands in for
MAX_SIGNS = 10  # lines in which something was left out that people are shown
_NO_PLACE = f"Write “{SIGN}” there, or leave the sentence out."
_TAKE_OUT = "Take it out of the work; whoever it belongs to should renew it."


class Review(Input):
    """Nothing to fill in: it looks at the tested work of its plan."""


def _run(wanted: Review, ctx: StepContext) -> Done:
    work = load_tested_work(ctx)
    ship = ship_of(ctx.settings)
    policy = read_policy(ship.policy)
    remote = look_there(ctx, work) if _changes_a_repository(ctx) else There()
    before = {**work.originals, **remote.files}
    judged = judge(work.tree, before, policy)
    if judged.named:
        known = ctx.packages([dependency.key for dependency in judged.named])
        judged = judge(work.tree, before, policy, known)
    refused = [*_secrets(ctx, work), *judged.refused, *(each for each in remote.findings if each.severity == BLOCK)]
    if refused:
        raise _send_back(refused)
    look = look_once(ctx, work, before)
    worst = [text for severity, text in look.findings if severity == "high"]
    if worst and not ctx.step.rounds:  # once: whether it is right about the rest, a person decides
        raise _send_back([Finding(BLOCK, "harm", "", 0, text) for text in worst], look)
    found = [*_find_left_out(ctx, work), *remote.findings, *_list_test_findings(ctx, work), *judged.findings]
    output = _output(ctx, work, before, judged, _list_findings(found, look))
    output |= {"looked": look.words, "author": disagreement(ctx), "note": note_of_author(ctx)}
    output |= {"binds": hash_release(ctx, work.tree_id, remote.place.get("at", ""))}
    output["places"] = name_places(ctx, [spec for _, spec in _sending(ctx)])
    if remote.place:
        output["there"] = dict(remote.place)
    show_review(ctx, output)
    return Done(output, look.used)


def _secrets(ctx: StepContext, work: Work) -> list[Finding]:
    """Return the secrets in the files, and in all that is said of them elsewhere."""
    texts = {"the title of the page": ctx.run.trigger.title}
    texts |= {f"the step “{spec.title}”": f"{spec.title} {dict(spec.input)}" for _, spec in _sending(ctx)}
    found = leaks({**work.tree.files, **texts})
    kinds = [each.kind.replace("-", " ") for each in found]
    secrets = [
        Finding(BLOCK, "secret", each.where, each.line, f"a secret: {kind}", _TAKE_OUT)
        for each, kind in zip(found, kinds, strict=True)
    ]
    return [*secrets, *_places(work)]


def _places(work: Work) -> list[Finding]:
    """Return the placeholders for secrets in files: strangers must not read that something was hidden, and where."""
    return [
        Finding(BLOCK, "secret", path, line, f"a placeholder for a secret: {kind.replace('-', ' ')}", _NO_PLACE)
        for path, data in work.tree.files.items()
        for kind, line in places_in(read_text(data))
    ]


def _find_left_out(ctx: StepContext, work: Work) -> list[Finding]:
    """Return the secrets that stand on the page and are left out, and the lines in which the sign stands for one."""
    on_page = ctx.output_of("plan.propose").get("left_out", ())
    found = [
        Finding(
            WARN, "secret", "", 0, f"on the page{quote_context(each)}: a secret ({each['kind']}) is left out", TAKE_OFF
        )
        for each in on_page
    ]
    lines = (
        (path, number)
        for path, data in sorted(work.tree.files.items())
        for number, line in enumerate(read_text(data).split("\n"), start=1)
        if SIGN in line
    )
    signs = [
        Finding(NOTE, "secret", path, number, f"“{SIGN}” stands where a secret was left out")
        for path, number in islice(lines if on_page else (), MAX_SIGNS)
    ]
    return found + signs


def _changes_a_repository(ctx: StepContext) -> bool:
    return any(spec.kind == "repository.propose_change" for _, spec in _sending(ctx))


def _list_test_findings(ctx: StepContext, work: Work) -> list[Finding]:
    """Return what a person has to know of the tests that were there before: those changed, removed, or not run."""
    ref = str(ctx.output_of("code.test").get("report") or "")
    report = json.loads(ctx.get_text(ref)) if ref else {}
    own = report.get("own") or {}
    removed = [path for path in work.may_change if path in work.tree.deleted]
    changed = [path for path in work.may_change if path not in removed and path in work.tree.files]
    concerns = [
        (changed, "a test that was there before is changed, and was not run as it was"),
        (removed, "a test that was there before is taken away"),
        (own.get("changed", ()), "a test that was there before is changed; as it was, it passes too"),
        (own.get("removed", ()), "a test that was there before is taken away; with it, it passes"),
    ]
    found = [Finding(WARN, "tests", str(path), 0, what, "Look at why.") for paths, what in concerns for path in paths]
    if own.get("unread"):
        found.append(Finding(WARN, "tests", "", 0, f"{own['unread']}: nobody knows what it breaks"))
    if failed := own.get("failed"):
        found.append(Finding(NOTE, "tests", "", 0, f"{len(failed)} of the tests there did not pass before either"))
    found += [Finding(NOTE, "tests", "", 0, str(note)) for note in report.get("notes", ())]
    if unread := int(ctx.run.facts.get("files_not_read") or 0):
        found.append(
            Finding(
                NOTE,
                "there",
                "",
                0,
                f"too large to be read: {count_of(unread, 'file')} of the repository",
            )
        )
    return found


def _list_findings(found: Sequence[Finding], look: Look) -> list[dict[str, str]]:
    """Return what was found as people are shown it, the worst first: of equal weight what is harm."""
    listed = [{"severity": WARN if how != "low" else NOTE, "text": text} for how, text in look.findings]
    listed += [{"severity": each.severity, "text": str(each)} for each in found]
    return sorted(listed, key=lambda each: (BLOCK, WARN, NOTE).index(each["severity"]))


def _send_back(found: Sequence[Finding], look: Look | None = None) -> StepFailure:
    lines = "\n".join(f"- {each}" for each in found[:20])
    more = f"\n- and {len(found) - 20} more" if len(found) > 20 else ""
    signature = "release " + " ".join(sorted({f"{each.rule}:{each.path}" for each in found}))[:400]
    feedback = f"This must not leave as it is:\n{lines}{more}"
    used = look.used if look else NOTHING
    return StepFailure(feedback, signature=signature, used=used, fault=Fault.MUST_NOT_LEAVE)


def _output(
    ctx: StepContext, work: Work, before: Mapping[str, bytes], judged: Judged, found: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    ship, tested = ship_of(ctx.settings), ctx.output_of("code.test")
    changes = diff(before, work.tree)
    lines = [line for line in changes.split("\n") if not line.startswith(("+++", "---"))]
    paths = [path for path in work.tree.changed_paths if work.tree.files.get(path) != before.get(path)]
    stat = {
        "files": len(paths),
        "added": sum(line.startswith("+") for line in lines),
        "removed": sum(line.startswith("-") for line in lines),
    }
    steps = [(spec.kind, dict(spec.input)) for _, spec in _sending(ctx)]
    return {
        "tree": work.tree_id,
        "diff": ctx.keep_text(changes),
        "stat": stat,
        "paths": paths[:MAX_PATHS],
        "targets": targets(asdict(ship.code), asdict(ship.site), steps, TITLES),
        "tests": tested.get("tests", 0),
        "driver": str(tested.get("driver", "")),
        "rounds": int(tested.get("rounds", 0)),
        "packages": list(judged.descriptions[:MAX_KEPT]),
        "named": len(judged.descriptions),
        "brought": len(judged.brought),
        "findings": list(found[:MAX_KEPT]),
        "found": len(found),
        "ceiling": ctx.run.limits.micros,
    }


def _sending(ctx: StepContext) -> list[tuple[str, Any]]:
    """Return (what it ships as, step) for all steps of this plan that send work away, merge it or make it live."""
    prefix = ctx.step.id.rpartition(".")[0]
    found = []
    for step in ctx.run.steps:
        kind = ctx.kinds.get(step.spec.kind)
        same = step.id.rpartition(".")[0] == prefix and not step.parent
        if same and kind is not None and kind.ships and step.status not in _NEVER:
            found.append((kind.ships, step.spec))
    return found


RELEASE_REVIEW = StepKind(
    "release.review",
    "Look through what is about to leave: secrets, policy, packages, harm.",
    Review,
    _run,
    Repeat.LOOK,
    systems=("notion",),
    plannable=False,
    repairs="code.test",
    needs=("code.test",),
    thinks="agent.security-reviewer",
)
