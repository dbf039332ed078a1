"""A small plan of files, the files, and a run that writes them."""

from __future__ import annotations

from typing import Any

from tests.support.ports.local_ports import Ports, ScriptedModel
from tests.unit.code.code_run import CodeRun, outline, planned

ADDS = "def add(a, b):\n    return a + b\n"
TEST = "import unittest\n"
PLAN = outline(planned("tests/test_adds.py", "adds.py"), planned("adds.py"))
FILES = {"adds.py": ADDS, "tests/test_adds.py": TEST}


def run_of(ports: Ports, *answers: Any, model: Any = None, **settings: Any) -> CodeRun:
    return CodeRun(ports, model or ScriptedModel(list(answers)), settings)
