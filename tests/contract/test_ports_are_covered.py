"""That the contract suites ask for every method of the ports they are for: a new one without a promise fails here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared.ports import Queue, Store
from shared.ports.knowledge import Knowledge

HERE = Path(__file__).parent


def asked(pattern: str, name: str) -> set[str]:
    """Return the methods called on `name`, or on the attribute `name` of something, in these files."""
    found = set()
    for path in HERE.rglob(pattern):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if name in (getattr(owner, "id", None), getattr(owner, "attr", None)):
                    found.add(node.func.attr)
    return found


@pytest.mark.parametrize(
    ("port", "pattern", "name"),
    [
        pytest.param(Store, "test_store*.py", "store", id="Store"),
        pytest.param(Queue, "test_queue*.py", "queue", id="Queue"),
        pytest.param(Knowledge, "test_knowledge*.py", "knowledge", id="Knowledge"),
    ],
)
def test_every_method_of_a_port_is_asked_for(port: type, pattern: str, name: str) -> None:
    promised = {method for method in vars(port) if not method.startswith("_")}
    assert promised - asked(pattern, name) == set()
    assert asked(pattern, name) - promised == set()  # nothing that only one backend has
