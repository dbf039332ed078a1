"""Each entry of the audit says who acted: all that are written anywhere in the product are made by one function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.app.api.audited import AUDITED
from shared.core.people.actor import MACHINE, THE_OPERATOR, Acting, Actor, ActorKind, By
from shared.core.tenants.audit_entries import build_entry

ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ADA = Actor(ActorKind.PERSON, "p-1", "Ada")
MAKERS = {"build_entry": 2, "note": 3}  # which argument says who
CARRIED = {"state.by"}  # of a deletion that goes on: who asked for it is kept beside the name


@pytest.mark.parametrize(
    ("by", "name", "actor", "origin"),
    [
        (ADA, "Ada", "person:p-1", {}),
        (Acting(ADA, {"key": "k-1", "address": "::1"}), "Ada", "person:p-1", {"key": "k-1", "address": "::1"}),
        (THE_OPERATOR, "the operator", "operator", {}),
        (MACHINE, MACHINE, "system", {}),
        ("Somebody", "Somebody", "unknown", {}),
        ("", "", "unknown", {}),
    ],
)  # fmt: skip
def test_an_entry_says_who_acted_and_from_where(by: By, name: str, actor: str, origin: dict[str, str]) -> None:
    made = build_entry(NOW, "Paused", by, why="a fair")
    rest = {"at": NOW.isoformat(), "run": "", "what": "Paused", "why": "a fair"}
    assert made == {**rest, "by": name, "actor": actor, **origin}
    assert build_entry(NOW, "Paused", by, "all")["about"] == "all"


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted([*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]):
        if {"backends", "ports", "bench", "programs", "telemetry"} & set(path.relative_to(ROOT).parts):
            continue  # what keeps entries, and does not make them
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if "note(" in text or "build_entry(" in text else ():
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def test_no_entry_is_written_that_was_made_otherwise() -> None:
    written = {
        where: ast.unparse(call.args[1])
        for where, call in _calls()
        if ast.unparse(call.func).endswith("store.note")
    }  # fmt: skip
    assert len(written) >= 10
    other = {where: said for where, said in written.items() if "build_entry(" not in said and said != "entry"}
    assert other == {}


def test_who_acts_is_handed_on_and_not_their_name_alone() -> None:
    named = {
        where: ast.unparse(call.args[place])
        for where, call in _calls()
        if (place := MAKERS.get(_name(call))) is not None and len(call.args) > place and _is_of_the_audit(call)
    }
    assert len(named) >= 20
    wrong = {
        where: said
        for where, said in named.items()
        if (said.endswith((".name", ".by")) or said[:1] in "\"'") and said not in CARRIED
    }
    assert wrong == {}


def _is_of_the_audit(call: ast.Call) -> bool:
    """Say whether a call is about the audit: feedback is noted by a function of that name too."""
    of_a_run = len(call.args) > 1 and ast.unparse(call.args[1]).endswith(("run", "at_work"))
    return _name(call) == "build_entry" or (isinstance(call.func, ast.Name) and not of_a_run)


def test_every_action_that_a_route_notes_has_a_name_of_its_own() -> None:
    names = [each.what for each in AUDITED.values()]
    assert len(set(names)) == len(names) > 20
