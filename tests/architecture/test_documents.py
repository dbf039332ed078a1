"""What the documents tell people to type exists, and what they lead to; what is stored is read as what it is."""

from __future__ import annotations

import re
import runpy
import subprocess
from functools import cache
from pathlib import Path

import click
import pytest

from shared.cli.root import workwright
from tests.support.parts import require
from tests.support.repository import gcloud_commands
from tests.support.repository.documents import (
    DOCUMENTS,
    ROOT,
    Said,
    anchors,
    commands,
    files_named,
    links,
    name,
    named_in_code,
)

NOT_KEPT = {  # what no checkout has, and why it is named
    "terraform/.terraform.lock.hcl": "written by the first `terraform init`",
    "terraform/bootstrap/terraform.tfstate": "written by `terraform apply`",
}


def _unknown_flags(words: tuple[str, ...], known: set[str]) -> list[str]:
    flags = [word.split("=", 1)[0] for word in words if re.match(r"--?[a-z]", word)]
    return [flag for flag in flags if flag not in known]


def _problem_of_ours(said: Said) -> str:
    """Return what is wrong with a command of `workwright`."""
    workwright.load_all()
    command: click.Command = workwright
    words = list(said.words)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.commands.get(words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
    known = {flag for it in command.params for flag in (*it.opts, *it.secondary_opts)} | {"-h", "--help"}
    if unknown := _unknown_flags(tuple(words), known):
        return f"no flag {', '.join(unknown)}"
    chosen = next((it.type for it in command.params if isinstance(it, click.Argument)), None)
    given = next((word for word in words[:1] if word.islower() and not word.startswith("-")), "")
    if isinstance(chosen, click.Choice) and given and given not in chosen.choices:
        return f"no choice {given}"
    return ""


def test_our_own_commands_exist_with_their_flags() -> None:
    said = commands("workwright")
    assert len(said) > 60
    assert {str(it): problem for it in said if (problem := _problem_of_ours(it))} == {}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("fly",), "no command fly"),
        (("webhook", "disarm"), "no command disarm"),
        (("doctor", "--clouds"), "no flag --clouds"),
        (("account", "bitbucket"), "no choice bitbucket"),
        (("init", "--from", "FILE"), ""),
        (("runs", "--limit", "3", "--data", "DIR"), ""),
    ],
)
def test_a_command_that_is_not_there_would_be_noticed(words: tuple[str, ...], problem: str) -> None:
    assert _problem_of_ours(Said("a document", words)) == problem


def test_targets_of_make_exist_with_their_variables() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z]+) \??:?=", makefile, re.MULTILINE))
    said = commands("make")
    assert len(said) > 10
    wrong = [
        str(it) for it in said for word in it.words if word.split("=")[0] not in (variables if "=" in word else targets)
    ]
    assert wrong == []


@cache
def _help(*words: str) -> str:
    done = subprocess.run(["terraform", *words, "-help"], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_commands_of_terraform_exist_with_their_flags() -> None:
    require("terraform")
    said = [it for it in commands("terraform") if it.words]
    assert len(said) > 5
    known = set(re.findall(r"^  ([a-z][a-z-]*) ", _help(), re.MULTILINE))
    wrong = []
    for it in said:
        words = [word for word in it.words if not word.startswith("-chdir=")]
        if not words or words[0] not in known:
            wrong.append(f"{it}: no such command")
            continue
        told = _help(words[0]) + (_help("apply") if words[0] == "destroy" else "")  # which takes the same
        flags = set(re.findall(r"(?<![\w-])(-[a-z][a-z-]*)", told))
        wrong += [f"{it}: no flag {flag}" for flag in _unknown_flags(tuple(words[1:]), flags)]
    assert wrong == []


def test_folders_that_terraform_is_told_to_use_are_there() -> None:
    folders = {word.removeprefix("-chdir=") for it in commands("terraform") for word in it.words if "-chdir=" in word}
    assert {folder for folder in folders if not list((ROOT / folder).glob("*.tf"))} == set()


def test_commands_of_gcloud_exist_with_their_flags() -> None:
    known = gcloud_commands.kept()
    said = [*commands("gcloud"), *gcloud_commands.told()]
    assert len(said) > 30
    wrong = []
    for it in said:
        if it.words[:1] == ("help",) or not it.words:
            continue
        named = [" ".join(it.words[:n]) for n in range(len(it.words), 0, -1)]
        command = next((each for each in named if each in known), None)
        if command is None:
            wrong.append(f"{it}: no such command")
            continue
        unknown = _unknown_flags(it.words, {*known[command], *known[""]})
        wrong += [f"{it}: no flag {flag}" for flag in unknown]
    assert wrong == []


def test_what_is_kept_of_gcloud_is_what_the_sdk_says() -> None:
    """Where there is an SDK: a newer one may know more flags, but none of ours may be gone."""
    root, kept = gcloud_commands.sdk(), gcloud_commands.kept()
    assert len(kept) > 10
    if root is None:
        return
    there = gcloud_commands.from_sdk(root, sorted(kept))
    assert {command: sorted(set(flags) - set(there.get(command, ()))) for command, flags in kept.items()} == {
        command: [] for command in kept
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    wrong = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        there = target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target))
        wrong += [] if there else [link]
    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_files_that_are_named_exist(path: Path) -> None:
    named = [it for it in files_named(path) if it not in NOT_KEPT and not it.startswith(".venv/")]
    assert [it for it in named if not list(ROOT.glob(it.rstrip("/")))] == []


def test_documents_that_code_and_messages_name_exist() -> None:
    """Whoever follows a message of the command line, an alert or a comment to a document finds it."""
    named = {it: paths for it, paths in named_in_code().items() if not (ROOT / it).exists()}
    assert len(named_in_code()) > 20
    assert named == {}


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if "README" not in path.name or path.parent == ROOT], ids=name
)
def test_nobody_has_to_know_our_name_for_workwright_on_one_machine(path: Path) -> None:
    prose = re.sub(r"`[^`]*`|\]\([^)]*\)", "", path.read_text(encoding="utf-8"))
    assert re.findall(r"[^\n]*\b[Hh]ouses?\b[^\n]*", prose) == []


def test_the_document_of_the_api_says_of_each_address_what_it_does() -> None:
    text = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    told = [line.partition(" Permission: ")[0] for line in text.splitlines() if " Permission: " in line]
    assert len(told) > 50
    assert [line for line in told if len(line.split()) < 3] == []


def test_the_page_of_the_api_is_what_the_api_says_of_itself() -> None:
    """`python tools/api_document.py` writes it anew."""
    written = runpy.run_path(str(ROOT / "tools" / "api_document.py"))["render_page"]()
    assert (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8") == written
    assert written.count("\n### ") > 60


LOOSE_BODIES: dict[str, dict[str, int]] = {  # reason → file → how often; neither may become more
    "an entry of the audit, of any kind": {"app/tenants/audit_chain.py": 1},
    "an exchange and no document": {"app/api/audited.py": 1, "entry.py": 2},
    "carried as it is, whatever it is: a copy of any kind, or of a newer version": {
        "app/api/run/retry.py": 1,
        "app/tenants/migrate.py": 1,
        "app/tenants/tenant_export.py": 1,
        "cli/migrate/copying.py": 3,
        "cli/migrate/moving.py": 2,
        "cli/migrate/resealing.py": 4,
        "cli/migrate/tenant_records.py": 6,
    },
    "only whose it is is asked, of documents of several kinds": {
        "app/installation/home.py": 2,
        "app/tenants/tenant_traces.py": 2,
    },
    "whether the team is still there is asked of what was read": {"app/engine/switches.py": 1},
    "two documents that change at once, each with its version": {"app/tenants/settings_changes.py": 2},
    "a map whose keys are data: models, parts of a page": {
        "app/models/model_health.py": 2,
        "app/workspace/write_journal.py": 2,
    },
    "records of what each call cost, in the words of the price list of their time": {"app/money/usage.py": 1},
}
"""Stored documents that are read as a mapping, by string keys, and not as what they are."""
_EXCHANGES = (
    "answer|ask|asked|call|each|entry|expect|expected|put|request|route|self"  # what has a body and is not stored
)
_BODY = re.compile(rf"\b(?!(?:{_EXCHANGES})\b)\w+\.body\b")
_TYPED = re.compile(r"\bfrom_body\(\w+, \w+\.body\b")


def _count_loose_bodies(text: str) -> int:
    return len(_BODY.findall(_TYPED.sub("", text)))


def test_a_stored_body_that_is_read_by_its_keys_is_counted() -> None:
    assert _count_loose_bodies('doc.body["at"], doc.body.get("at"), dict(settings.body)') == 3
    assert _count_loose_bodies('call.body["at"], from_body(Grant, doc.body), request.body') == 0


def test_a_stored_document_that_is_read_by_its_keys_has_a_reason() -> None:
    shared = ROOT / "shared"
    places = [*shared.glob("*.py")]
    places += [path for part in ("accounts", "app", "cli", "wiring") for path in (shared / part).rglob("*.py")]
    assert len(places) > 300
    counts = {path.relative_to(shared).as_posix(): _count_loose_bodies(path.read_text("utf-8")) for path in places}
    found = {path: count for path, count in counts.items() if count}
    assert found == {path: count for files in LOOSE_BODIES.values() for path, count in files.items()}
