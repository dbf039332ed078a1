"""A team's policy and what follows from it, in the words that people read."""

from __future__ import annotations

from collections.abc import Sequence

from shared.core.approval.autonomy import (
    ALWAYS,
    CODE,
    EVERYTHING,
    INSIDE,
    LEVELS,
    OTHERS,
    OUTWARD,
    PAGES,
    PRODUCTION,
    RELEASE,
    WORKS,
    Policy,
    Rule,
    Verdict,
)
from shared.core.text.outgoing_text import plain

WORK_NAMES = {
    PAGES: "pages",
    OTHERS: "other systems",
    CODE: "code",
    RELEASE: "releases",
    PRODUCTION: "going live",
}
LEVEL_NAMES = {
    ALWAYS: "always ask",
    OUTWARD: "ask for release and production",
    INSIDE: "go ahead inside limits",
}
NEVER = (
    "People are always asked about what cannot be undone, what is riskier than this, the first release to a place, "
    "what the review of a release points out, and a page that was edited after its plan was made."
)
_WHY = {
    Rule.IRREVERSIBLE: "cannot be undone",
    Rule.RISK: "is riskier than the policy allows",
    Rule.FIRST: "would be the first release to this place",
    Rule.TWO_PEOPLE: "two people have to agree, and a policy is none",
    Rule.EDITED: "the page was edited after the plan was made",
    Rule.CHAINED: "another run asked for this, and no person",
    Rule.FINDINGS: "the review found something that a person should look at",
    Rule.NOTHING_SET: "the team has set no policy",
    Rule.MONEY: "may cost more than the policy allows",
    Rule.BUDGET: "the budget has no room for it",
    Rule.SYSTEMS: "is a system outside the limits",
    Rule.PATHS: "is a path outside the limits",
}


def name_rule(verdict: Verdict) -> str:
    """Return the rule that decided, as people call it, like “code: go ahead inside limits”."""
    works = " and ".join(WORK_NAMES[work] for work in verdict.works) or "everything"
    levels = {Rule.ALWAYS: ALWAYS, Rule.OUTWARD: OUTWARD, Rule.AHEAD: OUTWARD, Rule.INSIDE: INSIDE}
    level = levels.get(verdict.rule)
    return f"{works}: {LEVEL_NAMES[level]}" if level is not None else explain_verdict(verdict)


def explain_verdict(verdict: Verdict) -> str:
    """Return why people are asked, or by which rule they are not."""
    if verdict.rule not in _WHY:
        return name_rule(verdict)
    if verdict.rule is Rule.FIRST and not verdict.about:
        return "nobody can say whether something was released to this place before"
    if verdict.rule is Rule.PATHS and not verdict.about:
        return "not all of the paths that leave are known"
    subject = _describe_subject(verdict)
    return f"{subject} {_WHY[verdict.rule]}" if subject else _WHY[verdict.rule]


def _describe_subject(verdict: Verdict) -> str:
    about = plain(verdict.about)
    match verdict.rule:
        case Rule.IRREVERSIBLE:
            return f"“{about}”"
        case Rule.RISK:
            return f"the risk is {about}, which"
        case Rule.MONEY:
            return f"the run, with {about} US dollars,"
        case Rule.BUDGET:
            return f"{about} US dollars are left:"
        case Rule.TWO_PEOPLE | Rule.EDITED | Rule.CHAINED | Rule.FINDINGS | Rule.NOTHING_SET:
            return ""
    return about


def describe_policy(policy: Policy) -> list[str]:
    """Return a policy in words, a line each."""
    if not any(policy.levels.get(work, ALWAYS) != ALWAYS for work in WORKS):
        return ["People are asked about everything.", *_describe_change(policy)]
    lines = [f"{WORK_NAMES[work].capitalize()}: {_describe_level(policy, work)}" for work in WORKS]
    return [*lines, *_describe_limits(policy), NEVER, *_describe_change(policy)]


def _describe_level(policy: Policy, work: str) -> str:
    level = policy.levels.get(work, ALWAYS)
    return LEVEL_NAMES[level if level in LEVELS else ALWAYS]


def _describe_limits(policy: Policy) -> list[str]:
    money = f"at most {policy.micros / 1e6:.2f} US dollars per run" if policy.micros else "what costs nothing"
    where = f"in {_join(policy.systems)}" if policy.systems else "in every connected system"
    may = "every path" if policy.may_change == EVERYTHING else f"the paths {_join(policy.may_change)}"
    less = f" except {_join(policy.must_not_change)}" if policy.must_not_change else ""
    return [f"Limits: up to {policy.risk} risk, {money}, {where}, {may}{less}."]


def _describe_change(policy: Policy) -> list[str]:
    if not policy.version:
        return ["Nobody has set a policy."]
    who = plain(policy.changed_by) or "somebody"
    return [f"Version {policy.version}, set by {who} at {policy.changed_at[:19]}."]


def _join(names: Sequence[str]) -> str:
    return ", ".join(plain(name) for name in names) or "nothing"
