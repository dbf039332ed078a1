"""Outside its folder, its simulator and the one table no file names an external system: the next one is data.

What counts is code: names, imports and texts. Comments and docstrings may say why, with a vendor's name. Notion is left
out: pages of Notion are what this product is about, in the core's own words, in its kinds of steps and in its database.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared.integrations.systems import SYSTEMS

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared"
TABLE = "integrations/systems.py"
SUBJECT = "notion"
NAMES = sorted(set(SYSTEMS) - {SUBJECT})
EXCEPTIONS: dict[str, dict[str, str]] = {  # reason → file → the systems it names; it may only become shorter
    "a file format, a path, a header or a pattern that is recognised, whoever the tenant ships with": {
        "cli/doctor/machine.py": "github",
        "cli/migrate/operators.py": "github gitlab ses slack smtp",
        "core/code/dependencies.py": "github gitlab",
        "core/planning/file_plan.py": "github",
        "core/secrets/secret_rules.py": "github gitlab slack vercel",
        "core/ship/policy.py": "github gitlab vercel",
        "steps/code/_code_repairing.py": "github",
        "telemetry/exchanges.py": "vercel",
    },
    "a word that people write, which is understood": {
        "app/workspace/workspace_schemas.py": "github",
        "backends/offline/judging/clues/inner_signs.py": "slack",
        "backends/offline/judging/clues/offer_signs.py": "github",
        "backends/offline/plans/planning.py": "github vercel",
        "core/approval/wishes.py": "github vercel",
        "core/environment.py": "gitlab",
    },
    "a channel of messages, a field of a person or of the settings: names that are stored and that the API has": {
        "app/api/run/made.py": "slack",
        "app/api/settings/connections.py": "github gitlab",
        "app/made/things.py": "slack vercel",
        "app/notify/channels.py": "slack",
        "cli/setup/asking.py": "slack",
        "core/approval/four_eyes.py": "slack",
        "core/notify/unsent.py": "slack",
        "core/ship/shipping.py": "github",
    },
    "what runs of earlier versions have stored names no system": {
        "steps/_former.py": "github vercel",
        "steps/ship/sites/site_deploy.py": "vercel",
        "steps/ship/sites/site_rollback.py": "vercel",
    },
    "people click in one system alone, and its door is a route of the API": {
        "app/api/openapi.py": "slack",
        "app/api/pages/slack_clicks.py": "slack",
        "app/api/route.py": "slack",
        "app/api/routes.py": "slack",
        "core/retries.py": "slack",
        "local/new_address.py": "slack",
        "local/runtime.py": "slack",
        "local/slack_clicks.py": "slack",
    },
    "the installation of an app, which one forge alone has": {
        "accounts/accounts.py": "github",
        "app/connections/forge_hooks.py": "github",
        "app/connections/revoke.py": "github",
        "app/intake/accept_forge_delivery.py": "github",
    },
    "the ways out of an operator's mail, and its hosts, are wired by hand: each takes settings of its own": {
        "app/tenants/tenant_delete.py": "cloud_storage local_sites",
        "core/notify/mail_settings.py": "ses smtp",
        "local/sites/server.py": "local_sites",
        "local/sites/serving.py": "local_sites",
        "wiring/mail.py": "ses smtp",
        "wiring/sites.py": "cloud_storage local_sites",
    },
    "to be moved into the systems' folders: how a credential is tried": {
        "app/connections/connections.py": "github gitlab vercel",
        "app/tries/bucket.py": "cloud_storage",
        "app/tries/mail_login.py": "ses smtp",
        "app/tries/slack_token.py": "slack",
        "cli/doctor/connected.py": "cloud_storage github gitlab local_sites slack vercel",
        "cli/setup/trials.py": "cloud_storage github gitlab ses slack smtp vercel",
    },
    "a guided set-up asks for what one system needs, in its words": {
        "cli/commands.py": "github gitlab",
        "cli/doctor/needed_secrets.py": "slack",
        "cli/doctor/systems.py": "ses",
        "cli/evaluate/collect.py": "cloud_storage github gitlab vercel",
        "cli/greeting.py": "github gitlab ses slack smtp vercel",
        "cli/migrate/words.py": "local_sites",
        "cli/probe/systems.py": "github gitlab ses slack smtp vercel",
        "cli/run_systems.py": "cloud_storage local_sites",
        "cli/setup/answer_file.py": "slack",
        "cli/setup/code_part.py": "github gitlab",
        "cli/setup/code_safety.py": "github gitlab",
        "cli/setup/init.py": "slack",
        "cli/setup/people_part.py": "ses slack smtp",
        "cli/setup/sites_part.py": "cloud_storage local_sites vercel",
        "cli/team/forge.py": "github gitlab vercel",
        "local/chosen/choices.py": "cloud_storage github gitlab local_sites ses slack vercel",
        "local/chosen/harmless.py": "gitlab",
        "local/chosen/surroundings.py": "cloud_storage gitlab local_sites ses smtp vercel",
    },
    "a simulated world is seeded system by system": {
        "cli/probe/vercel/deployments.py": "github",
        "local/first_setup.py": "cloud_storage github gitlab local_sites ses slack vercel",
        "local/simulated_mail.py": "ses smtp",
        "local/simulators/__main__.py": "cloud_storage github gitlab ses slack smtp vercel",
        "local/simulators/_hooks.py": "ses",
        "local/simulators/vercel/git_source.py": "github gitlab",
    },
    "a host is given the code by a forge, or is told which other host a deployment came from": {
        "integrations/cloud_storage/hosting.py": "vercel",
        "integrations/local_sites/hosting.py": "vercel",
        "integrations/vercel/client.py": "gitlab",
    },
    "a measurement of certain systems": {
        "bench/chaos/judge.py": "github ses slack vercel",
        "bench/chaos/shown.py": "ses slack",
        "bench/chaos/story.py": "github ses slack vercel",
        "bench/cold/cold_asked.py": "github",
        "bench/prompts/prompt_sizes.py": "github slack vercel",
        "bench/prompts/prompts_calls.py": "github",
        "bench/ship/ship_change.py": "github",
        "bench/ship/ship_cost.py": "cloud_storage github vercel",
        "bench/ship/ship_least.py": "cloud_storage github vercel",
    },
}


def _pattern(name: str) -> re.Pattern[str]:
    """Return what a system's name looks like, as one word or several, in each way of writing."""
    words = name.split("_")
    ways = ("_".join(words), " ".join(words).title(), "".join(words).title(), name.upper(), " ".join(words))
    return re.compile("|".join(rf"(?<![A-Za-z]){way}(?![a-z])" if len(name) < 4 else way for way in ways), _case(name))


def _case(name: str) -> re.RegexFlag:
    return re.NOFLAG if len(name) < 4 else re.IGNORECASE


PATTERNS = {name: _pattern(name) for name in NAMES}


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield all names, modules and texts of a file's code, its docstrings left aside."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                yield text
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text) | ast.keyword(arg=str(text)):
                yield text
            case ast.FunctionDef(name=text) | ast.ClassDef(name=text):
                yield text
            case ast.ImportFrom(module=str(text)):
                yield text
                yield from (each.name for each in node.names)
            case ast.Import():
                yield from (each.name for each in node.names)


@cache
def named() -> dict[str, set[str]]:
    """Return which systems each file of `shared` names."""
    found: dict[str, set[str]] = {}
    for path in SHARED.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if any(pattern.search(text) for pattern in PATTERNS.values()):  # few are worth parsing
            said = "\n".join(_texts(ast.parse(text)))
            names = {name for name in NAMES if PATTERNS[name].search(said)}
            found[path.relative_to(SHARED).as_posix()] = names
    return found


def _is_own(path: str, name: str) -> bool:
    """Say whether it is a system's own folder or file: its integration, its simulator, its probe, its try."""
    own = ("integrations", "local/simulators", "cli/probe", "app/tries")
    return path == TABLE or any(path.startswith((f"{place}/{name}/", f"{place}/{name}.py")) for place in own)


def strangers() -> dict[str, set[str]]:
    return {
        path: rest for path, names in named().items() if (rest := {name for name in names if not _is_own(path, name)})
    }


def test_no_file_names_a_system_but_those_that_have_a_reason() -> None:
    excepted = {path: set(names.split()) for files in EXCEPTIONS.values() for path, names in files.items()}
    assert strangers() == excepted


def test_a_name_is_seen_however_it_is_written() -> None:
    """The test would else be one that cannot fail."""
    for code, name in (("x = 'SMTP'", "smtp"), ("from shared.integrations.ses.client import Ses", "ses"),
                       ("def f(LocalSites): ...", "local_sites"), ("a.cloud_storage", "cloud_storage"),
                       ("x = 'a Cloud Storage bucket'", "cloud_storage"), ("slack_user = 1", "slack")):  # fmt: skip
        assert PATTERNS[name].search("\n".join(_texts(ast.parse(code)))), code
    for code in ("processes = 'sessions'", '"""GitHub is only spoken of."""', "x = 1  # as Vercel has it"):
        said = "\n".join(_texts(ast.parse(code)))
        assert not [name for name in NAMES if PATTERNS[name].search(said)], code


@pytest.mark.parametrize("name", NAMES)
def test_each_system_is_found_in_its_own_folder(name: str) -> None:
    assert any(name in names for path, names in named().items() if path.startswith(f"integrations/{name}/"))
