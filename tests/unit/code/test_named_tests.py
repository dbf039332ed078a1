"""The tests that a plan of files names for its requirements are written under these names, or that is an error."""

from __future__ import annotations

from shared.core.run.run import StepSpec
from tests.support.ports.local_ports import Ports, ScriptedModel
from tests.unit.code.code_run import CodeRun, outline, planned, repaired, written

ADDS = "def add(a, b):\n    return a + b\n"
NAMED = ("test_adds", "test_adds_nothing")
PLAN = outline(
    planned("tests/test_adds.py", "adds.py"),
    planned("adds.py"),
    tests=[{"requirement": "R1", "test": f"tests/test_adds.py::AddTests::{name}"} for name in NAMED],
)


def _suite(*names: str) -> str:
    return "import unittest\n" + "".join(f"    def {name}(self):\n        pass\n" for name in names)


def test_all_tests_that_were_promised_and_not_written_are_told_at_once(ports: Ports) -> None:
    bad = written({"adds.py": ADDS, "tests/test_adds.py": _suite("test_adds_twice")}, tests=1)
    good = written({"adds.py": ADDS, "tests/test_adds.py": _suite(*NAMED)}, tests=2)
    made = CodeRun(ports, ScriptedModel([PLAN, bad, good]))
    made.start()
    told = made.model.asked[2].prompt
    assert all(f"tests/test_adds.py::AddTests::{name}" in told.partition("do not have")[2] for name in NAMED)
    assert made.tree()["tests/test_adds.py"] == _suite(*NAMED)


def test_an_unfinished_file_is_judged_when_it_is_whole(ports: Ports) -> None:
    first = written({"adds.py": ADDS, "tests/test_adds.py": _suite("test_adds")}, unfinished="tests/test_adds.py")
    rest = "    def test_adds_nothing(self):\n        pass\n"
    made = CodeRun(ports, ScriptedModel([PLAN, first, written({"tests/test_adds.py": rest}, tests=2)]))
    made.start()
    assert len(made.model.asked) == 3
    assert made.tree()["tests/test_adds.py"] == _suite(*NAMED)


def test_a_repair_may_not_lose_the_test_of_a_requirement(ports: Ports) -> None:
    good = written({"adds.py": ADDS, "tests/test_adds.py": _suite(*NAMED)}, tests=2)
    bad = repaired({"tests/test_adds.py": _suite("test_adds")})
    better = repaired({"adds.py": ADDS + "# mended\n"})
    made = CodeRun(ports, ScriptedModel([PLAN, good, bad, better]))
    said = ports.store.put_text("t-1", "AssertionError: -1 != 5")
    given = {"of": "write", "feedback": said}
    made.start("python_service", StepSpec("mend", "code.repair", "Mend", given, depends_on=("write",)))
    assert "are gone: tests/test_adds.py::AddTests::test_adds_nothing" in made.model.asked[3].prompt
    mended = made.ports.run().step("mend")
    assert mended is not None
    assert made.tree(mended.output) == {"adds.py": ADDS + "# mended\n", "tests/test_adds.py": _suite(*NAMED)}
