"""The files of an approved plan: a site or a service, its tests, and what to look for when it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.backends.offline.building.readme import readme
from shared.backends.offline.building.service import (
    endpoints_html,
    read_service,
    service_files,
    service_readme,
    service_tests,
)
from shared.backends.offline.building.site_checks import SUITE, places, site_checks, site_tests
from shared.backends.offline.building.static_site import write_site
from shared.backends.offline.judging.understanding import understand
from shared.backends.offline.page_blocks import read_requirements, requirements_from_data, site_title
from shared.core.approval.decision_words import WISHED
from shared.core.models.model_errors import Refused
from shared.core.page import WISH, Page, page_from_data
from shared.core.planning.artifacts import PYTHON_SERVICE as SERVICE
from shared.core.planning.artifacts import STATIC_SITE as SITE

_STATIC = (
    "A static site made from a Notion page: open `site/index.html` in a browser. It loads nothing from other sites."
)
_SERVICE = (
    "A small service made from a Notion page, in Python's standard library alone, with its documentation in `site/`."
)


def outline_code(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of files for `data["page"]` and the approved `data["proposal"]`. The same in, the same out.

    Raises Refused for what no rules can write: a Node project, or a change to code that is there.
    """
    if (artifact := data.get("artifact") or SITE) not in (SITE, SERVICE):
        raise Refused(
            f"The offline model has no rules for a {artifact.replace('_', ' ')}: it writes static sites and small"
            " Python services. Connect a model, and retry."
        )
    code, existing = _write_code(data), set(data.get("there") or ())
    return {
        "files": [
            {
                "path": path,
                "action": "edit" if path in existing else "create",
                "source": "",
                "purpose": _purpose(path),
                "interfaces": "",
                "depends_on": [],
                "lines": text.count("\n") + 1,
            }
            for path, text in code.files.items()
        ],
        "tests": code.tests,
        "checks": code.checks,
        "runner": "python",
        "expected_tests": code.expected_tests,
        "site_root": "site",
    }


def write_files(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files `data["paths"]` of the plan that `outline_code` makes of the same page and proposal."""
    code = _write_code(data)
    wanted = [path for path in code.files if path in set(data["paths"])]
    return {
        "files": [{"path": path, "content": code.files[path], "complete": True} for path in wanted],
        "edits": [],
        "expected_tests": code.expected_tests if SUITE in wanted else 0,
    }


def mend_code(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files with a wish of somebody worked in; raises Refused for all else.

    Rules that wrote something wrong would write it again, and what was approved stays as it is: a wish may add.
    """
    _, wished_for, wish = str(data.get("feedback") or "").partition(WISHED)
    page = dict(data.get("page") or {})
    before = len(page.get("blocks") or ())
    if wished_for and before:
        block = {"id": f"wish-{before}", "type": WISH, "spans": [{"text": wish}]}
        wished = {**data, "page": {**page, "blocks": [*page["blocks"], block]}}
        if _is_addition(wished):
            code = _write_code(wished)
            files = [{"path": path, "content": text, "complete": True} for path, text in code.files.items()]
            why = "The change that was asked for is made by rules."
            return {"why": why, "files": files, "edits": [], "deleted": [], "expected_tests": code.expected_tests}
    raise Refused("The offline model writes by rules and cannot repair what it wrote. Connect a model, and retry.")


def _is_addition(data: Mapping[str, Any]) -> bool:
    """Say whether there is a rule for the last wish, and all that was approved stays on the page."""
    understood, plain = understand(page_from_data(data["page"])), understand(_drop_last_block(data["page"]))
    block_ids = {block.id for block in understood.page.walk()}
    approved = requirements_from_data((data.get("proposal") or {}).get("requirements"))
    added = len(understood.shaped.done) > len(plain.shaped.done) and understood.artifact == plain.artifact
    return added and all(each.block in block_ids for each in approved)


def _drop_last_block(page: Mapping[str, Any]) -> Page:
    return page_from_data({**page, "blocks": page["blocks"][:-1]})


@dataclass(frozen=True, slots=True)
class _Code:
    """Files by path, which test covers which requirement, what the site shows, and how many tests there are."""

    files: dict[str, str]
    tests: list[dict[str, str]]
    checks: list[dict[str, str]]
    expected_tests: int


def _purpose(path: str) -> str:
    if path.startswith("tests/"):
        return "tests of every requirement"
    if path.startswith("site/"):
        return "a page of the site" if path.endswith(".html") else "a part of the site"
    return "says what this is and how it is used" if path == "README.md" else "the program"


def _write_code(data: Mapping[str, Any]) -> _Code:
    understood = understand(page_from_data(data["page"]))
    page, proposal = understood.page, data.get("proposal") or {}
    requirements = requirements_from_data(proposal.get("requirements")) if proposal else read_requirements(page)
    artifact = proposal.get("artifact") or understood.artifact
    service = read_service(page, tool=understood.judgement.tool) if artifact == SERVICE else None
    site = write_site(
        page, requirements, single=service is not None, appendix=endpoints_html(service) if service else ""
    )
    where = places(site)
    files, tests, count = site_tests(requirements, where)
    files |= {f"site/{path}": content for path, content in site.items()}
    about, more = _STATIC, ""
    if service:
        own, extra = service_tests(service, requirements)
        files |= service_files(service)
        tests, count, about, more = tests + own, count + extra, _SERVICE, service_readme(service)
    files["README.md"] = readme(site_title(page), about, requirements, tests, more)
    ordered = {path: files[path] for path in sorted(files)}
    return _Code(ordered, tests, site_checks(requirements, where), count)
