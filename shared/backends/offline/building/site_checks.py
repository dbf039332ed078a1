"""The generated site's own test suite, and the checks for when it is deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from shared.backends.offline.naming import Unique
from shared.backends.offline.page_blocks import Requirement
from shared.programs import read_program

SUITE = "tests/test_site.py"


class _Places(HTMLParser):
    """Finds the requirements that an HTML page is marked with."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "data-req"]


def places(site: Mapping[str, str]) -> dict[str, str]:
    """Return the file in which each requirement is."""
    where: dict[str, str] = {}
    for path in site:
        if path.endswith(".html"):
            parser = _Places()
            parser.feed(site[path])
            parser.close()
            for requirement in parser.found:
                where.setdefault(requirement, path)
    return where


def site_checks(requirements: Sequence[Requirement], where: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what to look for on the deployed site, requirement by requirement."""
    return [{"requirement": item.id, "path": f"/{where[item.id]}", "contains": item.text} for item in requirements]


def site_tests(
    requirements: Sequence[Requirement], where: Mapping[str, str]
) -> tuple[dict[str, str], list[dict[str, str]], int]:
    """Return the suite's files, which test covers which requirement, and how many tests there are."""
    names = Unique(joint="_")
    methods = [names.name(_method(item)) for item in requirements]
    cases = "\n\n".join(f"    def {name}(self):\n        self.check({at})" for at, name in enumerate(methods))
    suite = read_program("built", "site_tests.py")
    data = [{**item.to_data(), "path": where[item.id]} for item in requirements]
    files = {
        SUITE: suite.replace("    # CASES\n", cases + "\n" if cases else ""),
        "tests/requirements.json": write_json(data),
    }
    tests = [
        {"requirement": item.id, "test": f"{SUITE}::RequirementTests::{name}"}
        for item, name in zip(requirements, methods, strict=True)
    ]
    return files, tests, len(methods) + suite.count("    def test_")


def _method(item: Requirement) -> str:
    return "test_" + (re.sub(r"[^a-z0-9]+", "_", item.id.lower()).strip("_") or "requirement")


def write_json(data: Any) -> str:
    """Return data as a JSON file that people can read and compare."""
    return json.dumps(data, ensure_ascii=False, indent=2, sort_keys=False) + "\n"
