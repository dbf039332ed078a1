"""The plan for a page: what it asks for, what will be built, and the steps to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.backends.offline.building.static_site import split
from shared.backends.offline.endpoints import read_endpoints
from shared.backends.offline.invocations import read_invocations
from shared.backends.offline.judging.understanding import CHANGED, Understood, format_count, tests_told, understand
from shared.backends.offline.language import guess_language
from shared.backends.offline.naming import project_name
from shared.backends.offline.page_blocks import (
    Requirement,
    heading_level,
    read_own_words,
    shorten,
    site_title,
)
from shared.backends.offline.plans.deciding import make_decision_plan
from shared.core.approval.wishes import kinds_to_avoid
from shared.core.page import Page, page_from_data
from shared.core.planning.artifacts import PYTHON_SERVICE as SERVICE

_TITLE = 60
_PARTS = 80
MAX_REQUIREMENTS = 2000  # of one plan
_ORDER: Mapping[str, tuple[str, tuple[str, ...]]] = {  # kind → id of its step, the kinds it waits for
    "code.generate": ("generate", ()),
    "code.test": ("test", ("code.generate",)),
    "repository.propose_change": ("open_pull_request", ("code.test",)),
    "site.deploy": ("deploy", ("code.test",)),
    "site.verify": ("verify", ("site.deploy",)),
    "repository.watch_checks": ("watch_checks", ("repository.propose_change",)),
    "site.promote": ("promote", ("site.verify", "repository.watch_checks")),
    "site.watch": ("watch", ("site.promote",)),
    "repository.merge_change": ("merge", ("site.watch", "repository.watch_checks")),
}


def make_plan(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of `data["page"]`, from the step kinds there are; a question where the page says nothing."""
    if decision := make_decision_plan(page_from_data(data["page"]), data.get("kinds", ())):
        return decision
    understood = understand(page_from_data(data["page"]))
    page, requirements = understood.page, understood.requirements()
    name = project_name(page.title or site_title(page), page.id, str(data.get("project") or ""))
    if not requirements:
        return _asking(understood, name, _describe_missing(page), "what the page is for")
    if len(requirements) > MAX_REQUIREMENTS:
        return _asking(understood, name, _explain_too_long(page, len(requirements)), "which part comes first")
    kinds = [kind for kind in _ORDER if kind in data.get("kinds", _ORDER)]
    if not kinds:
        question = f"I have read ‘{shorten(site_title(page), _TITLE)}’, but may neither write code nor publish here. "
        question += "Should I be connected to GitHub or to Vercel?"
        return _asking(understood, name, question, "somewhere to put the result")
    if understood.question:
        return _asking(understood, name, understood.question, "what it should be, say or do")
    kinds, followed = drop_unwanted(kinds, data.get("preferences") or ())
    kinds, obeyed = _apply_wishes(kinds, understood)
    steps = _steps(understood, kinds, requirements, name, str(data.get("repository") or ""))
    summary = [*_describe_artifact(understood, requirements), *_list_remarks(understood, obeyed)]
    answer = _answer(understood, name, summary=summary, requirements=requirements)
    service = understood.artifact == SERVICE
    notes = {"assumptions": _list_assumptions(page, service=service), "alternatives": [_OTHER_WAY[service]]}
    return {**answer, **notes, "steps": steps, "followed": followed}


def _apply_wishes(kinds: list[str], understood: Understood) -> tuple[list[str], frozenset[str]]:
    """Return the kinds of steps that wishes about the plan leave, and the wishes that were about steps."""
    wishes = [{"id": wish, "text": wish} for wish in understood.shaped.undone]
    left, obeyed = drop_unwanted(kinds, wishes)
    return left, frozenset(obeyed)


def _steps(
    understood: Understood, kinds: list[str], requirements: Sequence[Requirement], name: str, repository: str
) -> list[dict[str, Any]]:
    page, artifact = understood.page, understood.artifact
    titles = _titles(understood, requirements, repository)
    inputs: dict[str, dict[str, str]] = {
        "code.generate": {"artifact": artifact},
        "repository.propose_change": {"title": _pull_request(page, artifact), "branch": f"workwright/{name}"},
        "site.deploy": {"project": name},
    }
    return [
        {
            "id": _ORDER[kind][0],
            "kind": kind,
            "title": titles[kind],
            "why": _WHY[kind],
            "input": inputs.get(kind, {}),
            "depends_on": [_ORDER[before][0] for before in _waits_for(kind, kinds)],
        }
        for kind in kinds
    ]


def drop_unwanted(kinds: list[str], preferences: Sequence[Mapping[str, str]]) -> tuple[list[str], list[str]]:
    """Return the kinds that the team's preferences leave, and the ids of the preferences that made a difference."""
    followed = [preference["id"] for preference in preferences if kinds_to_avoid(preference["text"]) & set(kinds)]
    unwanted = set().union(
        *(kinds_to_avoid(preference["text"]) for preference in preferences if preference["id"] in followed)
    )
    left = [kind for kind in kinds if kind not in unwanted]
    return (left, followed) if left else (kinds, [])


def _asking(understood: Understood, name: str, question: str, missing: str) -> dict[str, Any]:
    return _answer(understood, name, question=question, missing=missing)


def _answer(
    understood: Understood,
    name: str,
    *,
    question: str = "",
    missing: str = "",
    summary: Sequence[str] = (),  # first what is asked for
    requirements: Sequence[Requirement] = (),
) -> dict[str, Any]:
    return {
        "analysis": {
            "asked": " ".join(summary[:2])[:2000] or shorten(site_title(understood.page), _TITLE),
            "missing": [missing] if missing else [],
            "risk": "low",
        },
        "questions": [question] if question else [],
        "assumptions": [],
        "alternatives": [],
        "followed": [],
        "summary": " ".join(summary)[:4000],
        "artifact": understood.artifact,
        "name": name,
        "requirements": [item.to_data() for item in requirements],
        "steps": [],
    }


def _describe_artifact(understood: Understood, requirements: tuple[Requirement, ...]) -> list[str]:
    """Return what people read first: what the page is taken for and why, and what is built."""
    title = f"‘{shorten(site_title(understood.page), _TITLE)}’"
    service = understood.artifact == SERVICE
    program = "command-line tool" if understood.judgement.tool else "Python service"
    built = f"a small {program} with its documentation site" if service else "a static site"
    return [understood.judgement.describe(), f"Build {built} from {title}: {tests_told(understood, requirements)}"]


def _list_remarks(understood: Understood, obeyed: frozenset[str]) -> list[str]:
    """Return what is documented only, what became of wishes, and what is left out."""
    shaped, remarks = understood.shaped, list[str]()
    if understood.artifact == SERVICE:
        remarks.append("It keeps records and answers for them; other rules of the page are documented, not enforced.")
    remarks += [CHANGED["notes"]] if understood.judgement.from_notes else []
    remarks += [f"{each[:1].upper()}{each[1:]}." for each in shaped.done]
    remarks += [
        f"Steps were left out as wished: “{shorten(each, _PARTS)}”." for each in shaped.undone if each in obeyed
    ]
    remarks += [CHANGED["undone"].format(said=shorten(each, 300)) for each in shaped.undone if each not in obeyed]
    remarks += [CHANGED["beyond"].format(said=shorten(each, _PARTS)) for each in understood.wished_beyond()[:5]]
    return remarks + [CHANGED["kept_back"].format(said=shorten(each, _PARTS)) for each in shaped.kept_back[:3]]


def _list_assumptions(page: Page, *, service: bool) -> list[str]:
    """Return what the rules take for granted; each of these can be wrong."""
    language = guess_language(" ".join([page.title, *(read_own_words(block) for block in page.walk())]))
    found = [
        f"The language of the page is “{language}”, and so is that of the site.",
        "Everybody may see everything on the page, including what is folded away; its columns are not shown.",
    ]
    if service:
        found.append("Records are kept in a file; nobody has to sign in.")
    return found


_OTHER_WAY: Mapping[bool, Mapping[str, str]] = {
    True: {"title": "A static site alone", "why_not": "The page asks for an API, or for a tool that does something."},
    False: {"title": "A Python service", "why_not": "The page asks for nothing that has to be stored or computed."},
}
_WHY: Mapping[str, str] = {
    "code.generate": "Everything else needs the files.",
    "code.test": "Nothing untested is shown to anybody.",
    "repository.propose_change": "The code is kept where people can look through it.",
    "site.deploy": "People can look at the result before it is public.",
    "site.verify": "What the page asks for has to be there where it runs, not only in the tests.",
    "repository.watch_checks": "The repository's own checks have a say before anybody is asked to put it live.",
    "site.promote": "The page asks for something that others can use.",
    "site.watch": "Whatever is wrong after going live is rolled back automatically.",
    "repository.merge_change": "The team's rule for changes says when they are merged.",
}


def _describe_missing(page: Page) -> str:
    if not page.title.strip():
        return (
            "This page is still empty. What would you like to have? A title and one line on what it is for are enough "
            "to begin; headings, lists and tables become the parts of it."
        )
    return (
        f"‘{shorten(page.title, _TITLE)}’ has a title and nothing below it yet. What should it say or do? One line is "
        "enough to begin; headings, lists and tables become the parts of it."
    )


def _explain_too_long(page: Page, count: int) -> str:
    return (
        f"‘{shorten(site_title(page), _TITLE)}’ asks for {count} things; one plan takes {MAX_REQUIREMENTS}. "
        "Which part should I begin with? Please move the others to pages of their own."
    )


def _waits_for(kind: str, kinds: Sequence[str]) -> list[str]:
    """Return the nearest kinds before this one that are part of the plan."""
    found: list[str] = []
    for before in _ORDER[kind][1]:
        found += [before] if before in kinds else _waits_for(before, kinds)
    direct = list(dict.fromkeys(found))
    return [
        kind_before
        for kind_before in direct
        if not any(kind_before in _collect_predecessors(other, kinds) for other in direct if other != kind_before)
    ]


def _collect_predecessors(kind: str, kinds: Sequence[str]) -> set[str]:
    before = set(_waits_for(kind, kinds))
    return before.union(*(_collect_predecessors(kind_before, kinds) for kind_before in before))


def _titles(understood: Understood, requirements: Sequence[Requirement], repository: str) -> dict[str, str]:
    page, artifact = understood.page, understood.artifact
    title = f"‘{shorten(site_title(page), _TITLE)}’"
    doing = sum(1 for each in requirements if each.block in understood.tested_by_doing())
    words = f"the words of {format_count(len(requirements) - doing, 'requirement')}"
    tested = f"what {format_count(doing, 'requirement')} name{'s' if doing == 1 else ''}, {words}" if doing else words
    if artifact == SERVICE:
        write = f"Write the Python service and documentation site of {title}"
        parts = [f"{item.method} {item.path}" for item in read_endpoints(page)]
        parts = parts or [item.verb for item in read_invocations(page)]
    else:
        pages = split(page)
        write = f"Write the {f'{len(pages)} pages' if len(pages) > 1 else 'page'} and style sheet of {title}"
        parts = [read_own_words(block) for block in page.blocks if heading_level(block) and read_own_words(block)]
        parts = [part.title for part in pages if part.heading] or parts
    write += f": {shorten(', '.join(parts), _PARTS)}" if parts else ""
    every = "the requirement" if len(requirements) == 1 else f"every one of the {len(requirements)} requirements"
    return {
        "code.generate": write,
        "code.test": f"Test {title}: {tested}, links, headings, no request to others",
        "repository.propose_change": f"Open the pull request for {title}" + (f" in {repository}" if repository else ""),
        "site.deploy": f"Deploy a preview of {title}",
        "site.verify": f"Look for the words of {every} on the preview",
        "repository.watch_checks": "Watch the checks of the pull request",
        "site.promote": f"Put {title} live",
        "site.watch": f"Watch {title} for a while",
        "repository.merge_change": "Merge the pull request by the team's rule",
    }


def _pull_request(page: Page, artifact: str) -> str:
    what = "service and documentation" if artifact == SERVICE else "site"
    return f"{shorten(site_title(page), _TITLE)}: {what}"
