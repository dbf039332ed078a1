"""The files of an approved plan: a site or a service, its tests, and what to look for when it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.backends.offline.checks import places, site_checks, site_tests
from shared.backends.offline.reading import read_requirements, requirements_from_data, site_title
from shared.backends.offline.readme import readme
from shared.backends.offline.service import (
    endpoints_html,
    read_service,
    service_files,
    service_readme,
    service_tests,
)
from shared.backends.offline.site import write_site
from shared.backends.offline.wants import SERVICE, wanted_artifact
from shared.core.page import page_from_data

TEST_COMMAND = ("python3", "-m", "unittest", "discover", "-s", "tests", "-v")

_STATIC = "A static site made from a Notion page: open `site/index.html` in a browser. It loads nothing from others."
_SERVICE = (
    "A small service made from a Notion page, in Python's standard library alone, with its documentation in `site/`."
)


def write_code(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return files and tests for `data["page"]` and the approved `data["proposal"]`. The same in, the same out."""
    page = page_from_data(data["page"])
    proposal = data.get("proposal") or {}
    requirements = requirements_from_data(proposal.get("requirements")) or read_requirements(page)
    artifact = proposal.get("artifact") or wanted_artifact(page)
    service = read_service(page) if artifact == SERVICE else None
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
    return {
        "files": [{"path": path, "content": files[path]} for path in sorted(files)],
        "tests": tests,
        "test_command": list(TEST_COMMAND),
        "expected_tests": count,
        "site_root": "site",
        "checks": site_checks(requirements, where),
    }
