"""What the shipped agents answer without a model: by rules, from what they are given, and nothing invented.

Where a rule cannot do what is asked (translate, write prose, mend code) it says so: Refused. Each function takes an
agent's input as data and returns its answer as data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.backends.offline.agents import answers, code, decisions, reviews, work
from shared.backends.offline.agents import text_rules as texts

Rule = Callable[[Mapping[str, Any]], dict[str, Any]]

RULES: Mapping[str, Rule] = {
    "requirement-analyst": work.requirements,
    "planner": work.plan,
    "critic": work.criticism,
    "estimator": work.estimates,
    "daily-planner": work.day,
    "meeting-notes": work.meeting,
    "triager": work.triage,
    "router": answers.route,
    "advisor": decisions.advise,
    "decider": decisions.decide,
    "researcher": answers.research,
    "support-answerer": answers.support,
    "writer": texts.write,
    "editor": texts.edit,
    "summariser": texts.summarise,
    "translator": texts.translate,
    "release-note-writer": texts.release_notes,
    "status-reporter": texts.status,
    "retrospective-writer": texts.retrospective,
    "data-cleaner": texts.clean,
    "web-designer": code.design,
    "python-engineer": code.python,
    "front-end-engineer": code.web,
    "test-writer": code.tests,
    "code-reviewer": reviews.review,
    "security-reviewer": reviews.security,
}
