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
        "core/code/dependencies.py": "github gitlab",
        "integrations/vercel/client.py": "gitlab",  # as Vercel's API calls where a commit is
        "telemetry/exchanges.py": "vercel",
    },
    "a word that people write, which is understood": {
        "backends/offline/judging/clues/inner_signs.py": "slack",
        "backends/offline/judging/clues/offer_signs.py": "github",
        "backends/offline/plans/planning.py": "github vercel",
        "core/approval/wishes.py": "github vercel",
    },
    "what runs of earlier versions have stored names no system": {
        "steps/_retired_kinds.py": "github vercel",
    },
    "people click in one system alone, and its door is a route of the API": {
        "app/api/openapi.py": "slack",
        "app/api/pages/account_page.py": "slack",
        "app/intake/messenger_asks.py": "slack",
        "cli/people/slack_link.py": "slack",
        "cli/root.py": "slack",
        "app/api/route.py": "slack",
        "app/api/routes.py": "slack",
        "local/clicks.py": "slack",
    },
    "names of variables and addresses that operators have set, and what they mean": {
        "integrations/mail_settings.py": "ses smtp",
    },
    "the folder on this machine that we serve ourselves": {
        "local/sites/server.py": "local_sites",
        "local/sites/serving.py": "local_sites",
    },
    "a simulated world is seeded system by system": {
        "cli/probe/vercel/deployments.py": "github",
        "local/first_setup.py": "cloud_storage github gitlab local_sites ses slack vercel",
        "local/simulated_mail.py": "ses smtp",
        "local/simulators/vercel/git_source.py": "github gitlab",
    },
    "a measurement of certain systems": {
        "bench/chaos/judge.py": "github ses slack vercel",
        "bench/chaos/shown.py": "ses slack",
        "bench/chaos/story.py": "github ses slack vercel",
        "bench/cold/cold_asked.py": "github",
        "bench/ship/ship_cost.py": "cloud_storage github vercel",
        "bench/ship/ship_least.py": "cloud_storage github vercel",
    },
}


def _pattern(name: str) -> re.Pattern[str]:
    """Return what a system's name looks like, as one word or several, in each way of writing."""
    words = name.split("_")
    ways = ("_".join(words), " ".join(words).title(), "".join(words).title(), name.upper(), " ".join(words))
    return re.compile("|".join(_whole(way) if len(name) < 4 else way for way in ways), _case(name))


def _whole(short: str) -> str:
    """Return what a short name looks like as a word of its own: `SesSimulator` has it, `SESSIONS` has not."""
    return rf"(?<![A-Za-z]){short}(?![{'A-Za-z' if short.isupper() else 'a-z'}])"


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
    """Say whether it is a system's own folder or file: its integration, its simulator, its probe, its door."""
    own = ("integrations", "local/simulators", "cli/probe", "app/api")
    return path == TABLE or any(path.startswith((f"{place}/{name}/", f"{place}/{name}.py")) for place in own)


def strangers() -> dict[str, set[str]]:
    return {
        path: rest for path, names in named().items() if (rest := {name for name in names if not _is_own(path, name)})
    }


def test_no_file_names_a_system_but_those_that_have_a_reason() -> None:
    excepted = {path: set(names.split()) for files in EXCEPTIONS.values() for path, names in files.items()}
    assert strangers() == excepted


def _is_pattern(value: object) -> bool:
    """Say whether a text is a pattern: it holds what neither a name nor a sentence does."""
    return isinstance(value, str) and re.search(r"\\|\||\.\*|\(\?", value) is not None


def test_the_core_names_no_system() -> None:
    """But in patterns of what people and lock files write: neither in a name nor in an import, nor in a sentence."""
    found = {}
    for path in sorted((SHARED / "core").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        patterns = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and _is_pattern(node.value)]
        for node in patterns:
            node.value = ""
        said = "\n".join(_texts(tree))
        if names := [name for name in NAMES if PATTERNS[name].search(said)]:
            found[path.name] = names
    assert found == {}
    assert _is_pattern(r"(?:^|/)vercel\.json$")
    assert not _is_pattern("Is it at GitHub? A host (vercel), or none.")


def test_a_name_is_seen_however_it_is_written() -> None:
    """The test would else be one that cannot fail."""
    for code, name in (("x = 'SMTP'", "smtp"), ("from shared.integrations.ses.client import Ses", "ses"),
                       ("def f(LocalSites): ...", "local_sites"), ("a.cloud_storage", "cloud_storage"),
                       ("SesSimulator()", "ses"), ("SES_SENDER = 1", "ses"),
                       ("x = 'a Cloud Storage bucket'", "cloud_storage"), ("slack_user = 1", "slack")):  # fmt: skip
        assert PATTERNS[name].search("\n".join(_texts(ast.parse(code)))), code
    for code in (
        "processes = 'sessions'",
        "_SESSIONS = 1",
        '"""GitHub is only spoken of."""',
        "x = 1  # as Vercel has it",
    ):
        said = "\n".join(_texts(ast.parse(code)))
        assert not [name for name in NAMES if PATTERNS[name].search(said)], code


@pytest.mark.parametrize("name", NAMES)
def test_each_system_is_found_in_its_own_folder(name: str) -> None:
    assert any(name in names for path, names in named().items() if path.startswith(f"integrations/{name}/"))
