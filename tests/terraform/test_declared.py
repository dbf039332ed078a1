"""What `function.yaml` gives a function is what its code can come to read and ask for; no more, and no less.

The code's side is computed (tests/support/repository/reach.py). Four readers stand in modules that many functions
share, behind a call that few make: they count only where that call is made, and the table says how to tell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.accounts.providers import PROVIDERS
from shared.app.intake.accept_forge_delivery import APP_SECRET
from shared.integrations.systems import SIGN_INS
from shared.settings import FUNCTIONS, MODEL_SYSTEMS
from shared.steps import KINDS
from tests.support.repository.reach import Reach, means, value_of
from tests.support.repository.read_environment import NOT_GIVEN, NOT_OURS, list_values, note_read
from tests.support.repository.terraform import Verdicts
from tests.support.repository.units import Unit
from tests.support.repository.units import nodes_of as walked

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("terraform")]
ROOT = Path(__file__).resolve().parents[2]
DECLARED: dict[str, dict[str, Any]] = {
    path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob("functions/*/function.yaml"))
}
each = pytest.mark.parametrize("function", sorted({*FUNCTIONS, "code-runner"}))
QUEUED = {name for name, given in DECLARED.items() if "queue" in given}

# Readers behind a call: (module, class or function) → a call's name, or a class that is asked for, elsewhere.
_BEHIND = {
    ("shared.wiring.mail", "wire_mail"): ("class", "shared.integrations.mail", "Mail"),
    ("shared.integrations.ses.client", "Ses"): ("class", "shared.integrations.mail", "Mail"),
    ("shared.integrations.smtp.client", "_read_login"): ("class", "shared.integrations.mail", "Mail"),
    ("shared.integrations.github.app", "AppTokens"): ("class", "shared.integrations.clients", "load_client"),
    ("shared.wiring.models", "Adapters"): ("call", "", "model"),
    ("shared.wiring.tools", "_site_environment"): ("call", "", "site_environment"),
    ("shared.app.ship.site_environment", "site_environment"): ("call", "", "site_environment"),
}
_WIRING = ("shared.wiring", "shared.accounts", "shared.app.ship.site_environment")
# Sites elsewhere than in Google's buckets have a token; Terraform never sets such an address.
_NEVER_READ = {"sites-token"}
_CHANGING = ("shared.app.tenants.operator_secrets", "valid")


@cache
def reach(function: str) -> Reach:
    return Reach(function)


@cache
def nodes_of(unit: Unit) -> tuple[ast.AST, ...]:
    """Return what is looked at here: calls and attributes."""
    return tuple(node for node in walked(unit) if isinstance(node, ast.Call | ast.Attribute))


def _elsewhere(function: str, unit: Unit) -> bool:
    """Say whether a unit is of those that really ask: steps do so where steps are carried out."""
    if unit.module.startswith("shared.steps"):
        return ("shared.app.engine.execute_step", "execute_step") in reach(function)
    return not unit.module.startswith(_WIRING)


@cache
def _counts(function: str, unit: Unit) -> bool:
    key = next((key for key in ((unit.module, unit.owner), (unit.module, unit.name)) if key in _BEHIND), None)
    if key is None:
        return True
    kind, module, name = _BEHIND[key]
    found = reach(function)
    if kind == "class":
        return any(_elsewhere(function, each) for each in found.who_means((module, name)))
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
        for other in found.units
        if _elsewhere(function, other)
        for node in nodes_of(other)
    )


def _calls(function: str, *names: str) -> Iterator[tuple[Unit, ast.Call]]:
    """Yield calls of the operator's or the tenants' secrets that the function can come to."""
    for unit in reach(function).units:
        if unit.module.startswith(("shared.backends", "shared.ports")) or not _counts(function, unit):
            continue
        for node in nodes_of(unit):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
                of_secrets = ast.unparse(node.func.value).endswith("secrets")
                if of_secrets or (node.func.attr == "_secret" and node.args):
                    yield unit, node


def _names(unit: Unit, given: ast.expr) -> set[str]:
    """Return the secrets an argument may name; what is put together is filled in with all there is."""
    pattern = value_of(unit, given)
    assert pattern, f"{unit.module}: whose name is {ast.unparse(given)}?"
    if "{}" not in pattern:
        return {pattern}
    if pattern == "{}-app-webhook-secret":
        return {APP_SECRET}  # of the one forge that installs an app
    known = {"{}-api-key": MODEL_SYSTEMS, "{}-sign-in-id": tuple(SIGN_INS), "{}-sign-in-secret": tuple(SIGN_INS)}
    fills = known.get(pattern, tuple(PROVIDERS))
    return {pattern.format(fill) for fill in fills} - {"vertex-api-key"}  # Vertex AI takes the account's own identity


@each
def test_secrets_are_those_it_reads(function: str) -> None:
    read = {
        name
        for unit, call in _calls(function, "get", "_secret")
        if unit.module != _CHANGING[0]
        for name in _names(unit, call.args[0])
    }
    for unit in reach(function).units:  # what is changed without a gap is read with the one before
        for node in nodes_of(unit):
            if isinstance(node, ast.Call) and means(unit, node) == _CHANGING:
                read |= {each for name in _names(unit, node.args[1]) for each in (name, f"{name}-before")}
    assert sorted(DECLARED[function]["secrets"]) == sorted(read - _NEVER_READ)


@each
def test_written_secrets_are_those_it_sets(function: str) -> None:
    written = {name for unit, call in _calls(function, "set") for name in _names(unit, call.args[0])}
    assert sorted(DECLARED[function]["writes_secrets"]) == sorted(written)


@each
def test_roles_are_those_it_needs(function: str) -> None:
    found = reach(function)
    runs = {lane for lane in ("execute-step", "deploy") if function == lane}
    needs = {
        "firestore": "shared.backends.cloud.store" in found.modules,
        "kms": any(True for _ in _calls(function, "seal", "open")),
        "enqueue": bool(_handed_to(function)),
        "vertex": any(_counts(function, unit) for unit in found.units if unit.owner == "Adapters")
        or any(_elsewhere(function, each) for each in _callers_of(function, "embedder")),
        "storage-sites": any(_touches(lane, "hosting") for lane in runs)
        or function == "sync",  # deletes the sites of a tenant that is deleted
        "run-code": any(_touches(lane, "sandbox") for lane in runs),
    }
    assert sorted(DECLARED[function]["roles"]) == sorted(name for name, needed in needs.items() if needed)


def _callers_of(function: str, name: str) -> list[Unit]:
    return [
        unit
        for unit in reach(function).units
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
            for node in nodes_of(unit)
        )
    ]


def _touches(lane: str, what: str) -> bool:
    """Say whether a kind of step that is carried out in that lane runs code, or handles sites."""
    modules = {kind.run.__module__ for kind in KINDS.values() if kind.lane == lane}
    sources = "\n".join((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8") for module in modules)
    return re.search(rf"\b_?{what}\b", sources) is not None


def _handed_to(function: str) -> set[str]:
    """Return the queues it hands commands to: all, where it relays what a run's events ask for."""
    if ("shared.app.engine.engine", "relay") in reach(function):
        return set(QUEUED)
    found = set()
    for unit in reach(function).units:
        for node in nodes_of(unit):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Command":
                found |= {str(arg.value) for arg in node.args[2:3] if isinstance(arg, ast.Constant)}
    return found & QUEUED


@each
def test_commands_go_where_it_may_hand_them(function: str) -> None:
    assert sorted(DECLARED[function]["hands_to"]) == sorted(_handed_to(function))


def _given(verdicts: Verdicts, run: str) -> dict[str, set[str]]:
    """Return the names of the variables that the plan gives each function."""
    found: dict[str, set[str]] = {}
    for change in verdicts.plans[f"core.tftest.hcl/{run}"]:
        after, unknown = change["change"]["after"], change["change"]["after_unknown"]
        if change["type"] == "google_cloudfunctions2_function":
            parts = [side["service_config"][0].get("environment_variables") or {} for side in (after, unknown)]
            found[after["name"]] = {*parts[0], *parts[1]}
        if change["type"] == "google_cloud_run_v2_service":
            found[after["name"]] = {each["name"] for each in after["template"][0]["containers"][0]["env"]}
    return found


def _direct(function: str) -> set[str]:
    """Return variables that are read past the settings."""
    return {
        str(node.args[0].value)
        for unit in reach(function).units
        if not unit.module.startswith("shared.backends.sandbox")
        for node in nodes_of(unit)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv")
        if node.args and isinstance(node.args[0], ast.Constant)
    }


@each
def test_variables_are_those_it_reads(function: str, tested: Verdicts) -> None:
    given = _given(tested, "everything")[function]
    read = note_read(list_values(given), runner=function == "code-runner") | _direct(function)
    assert sorted(read - given - NOT_GIVEN.keys() - _not_its_own(function)) == []
    assert sorted(given - read - NOT_OURS.keys()) == []


def _not_its_own(function: str) -> set[str]:
    """Return what only some functions are given: the settings are read whole, but these look at other parts of them."""
    some = {name for given in DECLARED.values() for name in given["env"]}
    return some - set(DECLARED[function]["env"]) if function != "code-runner" else set()


# What only some functions are given, and the field of the settings that it fills.
_FIELDS = {
    "WORKWRIGHT_SITES_BUCKET": "sites_bucket",
    "WORKWRIGHT_SITES_URL": "sites_url",
    **dict.fromkeys((f"WORKWRIGHT_{name}" for name in ("MAIL", "MAIL_SENDER", "SES_REGION", "SMTP_URL")), "mail"),
}


@each
def test_it_is_given_what_its_code_looks_at(function: str) -> None:
    if function == "code-runner":
        return
    looked = {
        node.attr
        for unit in reach(function).units
        if _counts(function, unit)
        for node in nodes_of(unit)
        if isinstance(node, ast.Attribute) and node.attr in _FIELDS.values() and "settings" in ast.unparse(node.value)
    }
    wanted = {name for name, attribute in _FIELDS.items() if attribute in looked}
    wanted |= {"WORKWRIGHT_MODEL"}  # every function hands it on to what opens runs
    if "run-code" in DECLARED[function]["roles"]:
        wanted |= {"WORKWRIGHT_SANDBOX", "WORKWRIGHT_CODE_RUNNER_URL"}
    assert sorted(DECLARED[function]["env"]) == sorted(wanted)


def test_the_environment_is_enough_to_start(tested: Verdicts) -> None:
    """With what staging is given, and with all that can be given, the settings find nothing missing."""
    for run in ("staging", "everything"):
        for function, names in _given(tested, run).items():
            note_read(list_values(names), runner=function == "code-runner")
