"""Gathers what came of a page, from the systems themselves: live site, repository, workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from shared.cli.evaluate.ends import QUESTION
from shared.cli.evaluate.life import Ended
from shared.cli.evaluate.looks.browser import looker
from shared.cli.evaluate.looks.page_outcome import Made, Site
from shared.cli.evaluate.looks.site_visit import visit
from shared.cli.evaluate.workspace import Workspace
from shared.core.errors import AgentError
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain
from shared.integrations.clients import load_client
from shared.integrations.systems import FORGES, HOSTS
from shared.local.first_setup import Home
from shared.local.runtime import House
from shared.wiring.choose_sandbox import chosen_sandbox
from shared.wiring.tools import wire_accounts

Json = dict[str, Any]
_OUTSIDE = (*FORGES, *HOSTS)  # where what is made goes; messages to its people do not count
_FORGE = FORGES[0]  # where the code of a folder goes for which nobody has chosen
_BEGINNINGS = ("hook.", "webhook.")


def gather(house: House, home: Home, ended: Ended, browser: str) -> Made:
    """Return all that checks can look at."""
    run, workspace = ended.run, Workspace(house, home)
    deployed, promoted, pulled, generated = (
        output_of(run, kind) for kind in ("site.deploy", "site.promote", "repository.propose_change", "code.generate")
    )
    url = str({**deployed, **promoted}.get("url", ""))
    site = _site(url, browser) if url else None
    asked = str(run.facts.get("question") or "")
    return Made(
        end=ended.end,
        message=asked if ended.end == QUESTION else plain(run.failure or run.cancel),
        site=site,
        files=_files(home, pulled),
        left=_collect_texts(house, site),
        origin=str(generated.get("model") or output_of(run, "plan.propose").get("model", "")),
        tables=workspace.rows,
        sandbox=_sandbox(house),
    )


def output_of(run: Run, kind: str) -> Mapping[str, Any]:
    """Return what the last step of a kind has come to."""
    return next((step.output for step in reversed(run.steps) if step.spec.kind == kind and step.output), {})


def list_made_outside(house: House) -> list[str]:
    """Return what was made in the systems outside, in their own words."""
    found = []
    for system in _OUTSIDE:
        if system in house.simulators:
            effects = [effect for entry in _journal(house, system) for effect in entry["effects"]]
            found += [f"{system} {each['kind']}" for each in effects if not each["kind"].startswith(_BEGINNINGS)]
    return found


def _site(url: str, browser: str) -> Site | None:
    try:
        return visit(url, looker(browser))
    except requests.RequestException:
        return None


def _sandbox(house: House) -> Any:
    sandbox = chosen_sandbox(house.wired.settings)
    try:
        sandbox.check()
    except AgentError:
        return None
    return sandbox


def _files(home: Home, pulled: Mapping[str, Any]) -> Mapping[str, bytes]:
    """Return the files of the commit that was proposed, as the forge has them."""
    if not pulled:
        return {}
    forge = wire_accounts().connect_for(home.tenant)(load_client(_FORGE))
    owner, _, name = str(pulled["repository"]).partition("/")
    commit = str(pulled["commit"])
    return {each.path: forge.read_file(owner, name, each.path, commit) for each in forge.entries(owner, name, commit)}


def _collect_texts(house: House, site: Site | None) -> str:
    """Return every text that has left besides files: the site, and what pull requests and deployments say."""
    texts = [
        json.dumps(_journal(house, system), ensure_ascii=False) for system in _OUTSIDE if system in house.simulators
    ]
    pulls = requests.get(f"{house.simulators[_FORGE]}/_state", timeout=30).json()
    texts.append(json.dumps(pulls, ensure_ascii=False))
    return "\n".join([*texts, *(page.html for page in (site.pages if site is not None else ()))])


def _journal(house: House, system: str) -> list[Json]:
    entries: list[Json] = requests.get(f"{house.simulators[system]}/_journal?effects=1", timeout=30).json()
    return entries
