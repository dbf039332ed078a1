"""Work that failed is mended by exact edits; what must stay stays, and what passes is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.backends.offline.model import OfflineModel
from shared.backends.sandbox.choose import choose_sandbox
from shared.core.code.worktree import Worktree, from_text
from shared.core.models.model_errors import Refused
from shared.core.run.run import RunStatus, StepSpec, StepStatus
from shared.ports.model import ModelRequest
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps._work import Work, keep_work
from shared.steps.code._code_repairing import _REVIEWED as REVIEWED
from shared.steps.code._code_repairing import _find_named_files, repair_parts
from tests.support.builders.runs import spec
from tests.support.measures.prompts import instructions_of
from tests.support.parts import require
from tests.support.ports.local_ports import Ports, ScriptedModel
from tests.unit.code.code_run import CodeRun, outline, planned, repaired, source_of, written

TEST = """import unittest
from adds import add


class Adds(unittest.TestCase):
    def test_it_adds(self):
        self.assertEqual(add(2, 3), 5)
"""
WRONG, RIGHT = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"
FIX = ("adds.py", "    return a - b\n", "    return a + b\n")
OTHERS = {f"other_{number}.py": f"def unrelated_{number}():\n    return 'zebra'\n" for number in range(40)}
SAID = 'FAIL: test_it_adds\n  File "tests/test_adds.py", line 7, in test_it_adds\nAssertionError: -1 != 5'


def made_of(files: dict[str, str], originals: dict[str, str], may_change: tuple[str, ...] = ()) -> StepKind:
    """Return a step that comes to this work."""
    encoded = [{path: text.encode() for path, text in each.items()} for each in (files, originals)]

    def make(wanted: Input, ctx: StepContext) -> Done:
        tree = Worktree(encoded[0], base="github:ada-example/adds@1" if originals else "")
        more: dict[str, Any] = {"kind": "change", "expected_tests": 1, "model": "scripted", "may_change": may_change}
        return Done({**keep_work(ctx, tree, originals=encoded[1], **more), "said": ctx.keep_text(SAID)})

    return StepKind("test.make", "Makes.", Input, make, Repeat.SAME_END)


def repair(
    ports: Ports, *answers: Any, files: dict[str, str] | None = None, originals: dict[str, str] | None = None,
    may_change: tuple[str, ...] = (),
) -> CodeRun:  # fmt: skip
    """Return a run whose work was repaired by these answers."""
    files = {"adds.py": WRONG, "tests/test_adds.py": TEST} if files is None else files
    model = ScriptedModel([outline(planned("x.py")), written({"x.py": ""}), *answers])
    made = CodeRun(ports, model, kinds=(made_of(files, originals or {}, may_change),))
    said = ports.store.put_text("t-1", SAID)
    mend = StepSpec("mend", "code.repair", "Mend", {"of": "make", "feedback": said}, depends_on=("make",))
    made.start("python_service", spec("make", "write", kind="test.make"), mend)
    return made


def output(made: CodeRun) -> Any:
    step = made.ports.run().step("mend")
    assert step is not None
    assert step.status == StepStatus.SUCCEEDED, (step.error, made.ports.run().failure)
    return step.output


def test_an_edit_mends_the_work_and_leaves_the_rest(ports: Ports) -> None:
    made = repair(ports, repaired({"notes.md": "Why.\n"}, FIX))
    found = output(made)
    assert made.tree(found) == {"adds.py": RIGHT, "tests/test_adds.py": TEST, "notes.md": "Why.\n"}
    assert (found["expected_tests"], found["kind"], found["why"]) == (1, "change", "It subtracted.")


@pytest.mark.parametrize(
    ("note", "kept"), [(" The page names two sums.\u200b ", "The page names two sums."), (" ", None)]
)
def test_what_people_have_to_know_is_kept_beside_why(ports: Ports, note: str, kept: str | None) -> None:
    found = output(repair(ports, repaired({}, FIX, note=note)))
    assert (found["why"], found.get("note")) == ("It subtracted.", kept)


def test_the_model_sees_what_failed_and_the_files_it_is_about_alone(ports: Ports) -> None:
    made = repair(ports, repaired({}, FIX), files={"adds.py": WRONG, "tests/test_adds.py": TEST, **OTHERS})
    asked = made.model.asked[-1]
    assert asked.task == "code.repair"
    assert "-1 != 5" in source_of(asked.prompt, "what is wrong with the work")
    assert source_of(asked.prompt, "file tests/test_adds.py") == TEST.strip()
    assert source_of(asked.prompt, "file adds.py") == WRONG.strip()
    assert "zebra" not in asked.prompt, "the others stand in the map alone"
    assert "other_7.py (2 lines): unrelated_7()" in source_of(asked.prompt, "all files")
    assert "-1 != 5" not in instructions_of(asked.prompt)


def test_no_change_is_the_same_work(ports: Ports) -> None:
    before = Worktree({"adds.py": WRONG.encode(), "tests/test_adds.py": TEST.encode()})
    assert output(repair(ports, repaired({})))["tree"] == before.tree_id


def test_over_a_repository_only_what_differs_is_kept_and_what_is_put_back_is_no_change(ports: Ports) -> None:
    originals = {"adds.py": RIGHT, "tests/test_adds.py": TEST, "old.py": "", "README.md": "# Adds\n"}
    made = repair(
        ports, repaired({"new.py": "n = 1\n"}, FIX, deleted=["old.py"]), files={"adds.py": WRONG}, originals=originals
    )
    kept = from_text(made.text(output(made)["work"]))
    assert dict(kept.files) == {"new.py": b"n = 1\n"}
    assert kept.deleted == {"old.py"}
    assert kept.base == "github:ada-example/adds@1"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(repaired({}, ("adds.py", "return b", "x")), "`find` is not in the file", id="not there"),
        pytest.param(repaired({}, ("adds.py", "b", "x")), "more than once", id="twice"),
        pytest.param(repaired({"adds.py": "x"}, FIX), "given whole and as edits", id="both"),
        pytest.param(repaired({"a/../b": "x"}), "is not allowed", id="a path"),
        pytest.param(repaired({"adds.py/x.py": "x"}), "both a file and a folder", id="below a file"),
        pytest.param(repaired({}, deleted=["nope.py"]), "there is no such file", id="deletes nothing"),
        pytest.param(repaired({"x.py": "x"}, FIX) | {"files": [{"path": "x.py", "content": "x", "complete": False}]},
                     "is not complete", id="a part"),
    ],
)  # fmt: skip
def test_a_repair_that_cannot_be_made_goes_back(ports: Ports, answer: Any, said: str) -> None:
    made = repair(ports, answer, repaired({}, FIX))
    assert made.tree(output(made))["adds.py"] == RIGHT
    assert said in source_of(made.model.asked[-1].prompt, "your last attempt")


ORIGINALS = {"adds.py": RIGHT, "tests/test_adds.py": TEST}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(repaired({}, ("tests/test_adds.py", "5)", "-1)")), id="edited"),
        pytest.param(repaired({"tests/test_adds.py": "import unittest\n"}), id="replaced"),
        pytest.param(repaired({}, deleted=["tests/test_adds.py"]), id="deleted"),
    ],
)
def test_a_test_of_the_repository_stays_as_it_is(ports: Ports, answer: Any) -> None:
    made = repair(ports, answer, repaired({}, FIX), files={"adds.py": WRONG}, originals=ORIGINALS)
    assert "must stay as it is: repair the code instead" in source_of(made.model.asked[-1].prompt, "your last attempt")
    assert made.tree(output(made)) == {}
    assert json.loads(source_of(made.model.asked[-1].prompt, "tests that must stay as they are")) == [
        "tests/test_adds.py"
    ]


def test_a_test_that_the_plan_lets_change_may_be_mended(ports: Ports) -> None:
    change = ("tests/test_adds.py", "2, 3), 5", "2, 2), 4")
    made = repair(
        ports, repaired({}, change), files={"adds.py": RIGHT + "\n"}, originals=ORIGINALS,
        may_change=("tests/test_adds.py",),
    )  # fmt: skip
    assert "add(2, 2), 4" in made.tree(output(made))["tests/test_adds.py"]


def test_a_long_file_is_not_replaced_whole(ports: Ports) -> None:
    long = "".join(f"line_{number} = {number}\n" for number in range(400))
    files = {"adds.py": WRONG, "tests/test_adds.py": TEST, "long.py": long}
    made = repair(ports, repaired({"long.py": "x = 1\n"}), repaired({}, FIX), files=files)
    assert "has 400 lines: change it with `edits`" in source_of(made.model.asked[-1].prompt, "your last attempt")


def test_from_plan_to_green_with_one_repair_in_a_real_sandbox(ports: Ports) -> None:
    require("bubblewrap")  # the code here is no offline model's, so nothing else may run it
    plan = outline(planned("tests/test_adds.py", "adds.py"), planned("adds.py"))
    answers = [plan, written({"adds.py": WRONG, "tests/test_adds.py": TEST}, tests=1), repaired({}, FIX)]
    made = CodeRun(ports, ScriptedModel(answers), sandbox=choose_sandbox)
    run = made.start("python_service", spec("test", "write", kind="code.test", group=True))
    assert run.status == RunStatus.SUCCEEDED, run.failure
    tested = run.step("test")
    assert tested is not None
    assert made.tree(tested.output) == {"adds.py": RIGHT, "tests/test_adds.py": TEST}
    assert (tested.output["tests"], tested.output["rounds"]) == (1, 1)
    assert "-1 != 5" in source_of(made.model.asked[2].prompt, "what is wrong with the work")


def test_the_offline_model_says_that_it_mends_nothing() -> None:
    request = ModelRequest("code.repair", "code", "", "", {}, {"feedback": SAID})
    with pytest.raises(Refused, match="cannot repair what it wrote"):
        OfflineModel().complete(request)


NODE_TEST = """import assert from 'node:assert'
import test from 'node:test'
import { add } from '../lib/adds.mjs'

test('it adds', () => assert.equal(add(2, 3), 5))
"""


def test_a_node_project_from_plan_to_green_in_a_real_sandbox(ports: Ports) -> None:
    require("bubblewrap")
    require("node")
    paths = ("package.json", "lib/adds.mjs", "test/adds.test.mjs")
    tests = [{"requirement": "R1", "test": "test/adds.test.mjs: it adds"}]
    plan = outline(*map(planned, paths), runner="node", checks=[], site_root="", tests=tests)
    texts = ['{"name": "adds", "type": "module"}', "export const add = (a, b) => a - b\n", NODE_TEST]
    fix = repaired({}, ("lib/adds.mjs", "a - b", "a + b"))
    answers = [plan, written(dict(zip(paths, texts, strict=True)), tests=1), fix]
    made = CodeRun(ports, ScriptedModel(answers), sandbox=choose_sandbox)
    run = made.start("node_project", spec("test", "write", kind="code.test", group=True))
    assert run.status == RunStatus.SUCCEEDED, run.failure
    tested = run.step("test")
    assert tested is not None
    assert (tested.output["tests"], tested.output["rounds"], tested.output["runner"]) == (1, 1, "node")
    assert made.tree(tested.output)["lib/adds.mjs"] == "export const add = (a, b) => a + b\n"


@pytest.mark.parametrize(
    ("test", "page_shown"),
    [("import van.store\n", False), ("import van.store\nPAGE = open('site/index.html').read()\n", True)],
)
def test_what_failed_stands_first_and_words_and_looks_stay_away_where_it_is_not_about_them(
    test: str, page_shown: bool
) -> None:
    files = {
        "README.md": b"# Vans\n",
        "site/index.html": b"<title>Vans</title>\n",
        "site/style.css": b"a { color: red }\n",
        "van/__init__.py": b"",
        "van/store.py": b"def free():\n    return 1\n",
        "tests/test_store.py": test.encode(),
    }
    said = 'File "tests/test_store.py", line 2, in test_free\nAssertionError: 1 != 2'
    work = Work(Worktree(files), "python_service", expected_tests=1)
    shown = [part.source for part in repair_parts(work, {}, {"title": "Vans", "blocks": []}, said, "")]
    told = [source.removeprefix("file ") for source in shown if source.startswith("file ")]
    assert told[0] == "tests/test_store.py"
    assert "van/store.py" in told
    assert ("site/index.html" in told) is page_shown
    assert "README.md" not in told
    assert "site/style.css" not in told
    assert [part.name for part in repair_parts(work, {}, {"title": "Vans", "blocks": []}, said, "")].count("page") == 0


def test_who_mends_is_shown_the_readme_that_a_finding_names_and_what_was_assumed() -> None:
    files = {"README.md": b"# Vans\n", "van.py": b"x = 1\n", "docs/README.md": b"# More\n"}
    said = "This must not leave as it is:\n- van.py:1: It has no end. Refuse it; test it, and say so in the README."
    work = Work(Worktree(files), "python_service", expected_tests=1)
    proposal = {"requirements": [{"id": "R1", "text": "It books"}], "assumptions": ["Times have no zone"]}
    parts = repair_parts(work, proposal, {"title": "Vans", "blocks": []}, said, "")
    assert "file README.md" in [part.source for part in parts]
    assert "Times have no zone" in next(part.text for part in parts if part.source == "the approved plan")


def test_a_finding_reaches_who_mends_whole() -> None:
    findings = [f"- van.py:{n}: {'A wall of words, all of them needed. ' * 40}Refuse number {n}." for n in range(1, 8)]
    work = Work(Worktree({"van.py": b"x = 1\n"}), "python_service", expected_tests=1)
    state = (REVIEWED, "")
    parts = repair_parts(work, {}, {"title": "Vans", "blocks": []}, "\n".join(findings), "", state)
    told = next(part.text for part in parts if part.source == "what is wrong with the work")
    assert all(each in told for each in findings)


def test_how_the_work_stands_is_told(ports: Ports) -> None:
    made = repair(ports, repaired({}, FIX))
    output(made)
    assert "does not pass its tests" in instructions_of(made.model.asked[-1].prompt)


def test_files_are_named_behind_any_output_and_a_long_word_of_it_is_read_once() -> None:
    files = dict.fromkeys(["tests/test_adds.py", "adds.py", "README.md"], b"")
    said = f"{'x' * 400_000} {'a/' * 200_000} FAILED tests/test_adds.py::Adds, see (./adds.py), ...and the README."
    assert _find_named_files(said, files) == ["tests/test_adds.py", "adds.py", "README.md"]
