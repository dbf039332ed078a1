"""What a pull or merge request says: what was asked for, how it was tested, what it cost, and where it comes from.

A request's text is read by people who may merge it, and by whoever may see the repository. What comes from a page or a
model must therefore do nothing there: call nobody by name, close no issue, load nothing, lead nowhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected
from shared.core.notify.progress import dollars
from shared.core.text.outgoing_text import hosts_of, may_link, plain
from shared.mind.safety.leaks import leaks
from shared.steps._kind import StepContext
from shared.steps._work import Work, list_tested_requirements, proofs_of

MAX_TEXT = 30_000  # letters; GitHub takes 65 536
_MAX_LINE = 300
_ACTS = re.compile(r"([@#!$~%&]|\bgh(?=-))(?=-?\w)", re.IGNORECASE)  # people, issues, requests, labels, milestones
_ACTS_BARE = re.compile(r"([@#!]|\bgh-)(?=\w)", re.IGNORECASE)  # of these, what a title or a commit's message does
_MARKS = re.compile(r"([\\`*_\[\]<>|])")


def change_text(ctx: StepContext, work: Work) -> str:
    """Return the text of the request for this work, in Markdown; raises Rejected when a secret stands in it."""
    planned, tested = ctx.output_of("plan.propose"), ctx.output_of("code.test")
    parts = [_prose(str(planned.get("summary", "")))]
    if planned:
        proofs, alone = proofs_of(ctx, tested), list_tested_requirements(ctx, tested)
        parts += ["### Requirements", _requirements(ctx, planned, work.checks, proofs, alone)]
    parts += ["### Tests", _tests(tested), "### Cost", f"{ctx.run.spent.tokens} tokens, ${dollars(ctx.run)} so far"]
    parts += ["---", _links(ctx, planned, work)]
    return refuse_secrets("\n\n".join(part for part in parts if part)[:MAX_TEXT])


def changes_title(title: str) -> str:
    """Return a title that calls nobody and closes no issue; raises Rejected when a secret stands in it.

    It is the first line of the commit's message too, which is no Markdown: a space does what an entity does elsewhere.
    """
    return refuse_secrets(_ACTS_BARE.sub(r"\1 ", " ".join(plain(title).split())))


def refuse_secrets(text: str) -> str:
    """Return the text, which is about to be written outside; raises Rejected when a secret stands in it."""
    found = leaks({"the text of the change": text})
    if found:
        raise Rejected("repository", f"{found[0]}: nothing was sent; take it off the page, or out of the code")
    return text


def inert(text: str) -> str:
    """Return a line of somebody else's text as Markdown that shows it and does nothing."""
    line = _MARKS.sub(r"\\\1", " ".join(plain(text).split())[:_MAX_LINE])
    return _ACTS.sub(r"\1&#8203;", line)


def _prose(text: str) -> str:
    return "\n".join(inert(line) for line in text.splitlines())


def _requirements(
    ctx: StepContext,
    planned: Mapping[str, Any],
    checks: Sequence[Mapping[str, Any]],
    proofs: Sequence[tuple[str, str]],
    alone: Sequence[str],
) -> str:
    """Return the checklist: ticked by whoever reviews, with what each one is checked by."""
    listed = json.loads(ctx.get_text(str(planned["proposal"])))["requirements"] if planned.get("proposal") else []
    lines = []
    for each in listed:
        lines.append(f"- [ ] **{inert(str(each['id']))}** {inert(str(each['text']))}")
        lines += [f"  - tested by `{_code(test)}`" for named, test in proofs if named == each["id"] and test.strip()]
        mine = [check for check in checks if check.get("requirement") == each["id"]]
        lines += [
            f"  - `{_code(check['path'])}` must show “{inert(str(check.get('contains', '')))}”"
            for check in mine
            if check.get("path")
        ]
        lines += ["  - by its tests alone: no text on the site can show it"] if each["id"] in alone else []
    return "\n".join(lines) or "None were read from the page."


def _code(text: object) -> str:
    return " ".join(plain(str(text)).replace("`", "").split())[:_MAX_LINE]


def _tests(tested: Mapping[str, Any]) -> str:
    seconds = f", {float(tested['seconds']):.1f} s" if "seconds" in tested else ""
    rounds = int(tested.get("rounds") or 0)
    repaired = f", after {rounds} round{'s' if rounds > 1 else ''} of repair" if rounds else ""
    return f"{tested.get('tests', 0)} passed in the {inert(str(tested.get('driver', '')))} sandbox{seconds}{repaired}."


def _links(ctx: StepContext, planned: Mapping[str, Any], work: Work) -> str:
    page = str(planned.get("page_url", ""))
    hosts = hosts_of(ctx.run_url, page)
    shown = [f"[{label}]({url})" for label, url in (("Page", page), ("Run", ctx.run_url)) if may_link(url, hosts)]
    return " · ".join([*shown, f"written by {inert(work.model) or 'a model'}"])
