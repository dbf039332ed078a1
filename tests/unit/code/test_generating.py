"""Requirements become a plan of files, and the plan files, in order, in answers that fit; what is wrong goes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.backends.offline.model import OfflineModel
from shared.core.models.model_errors import InvalidOutput
from shared.core.run.run import CHILD, RunStatus, Usage
from shared.steps.code._code_answers import Outline, outline_problem
from shared.steps.code._code_outlining import outline_parts
from tests.support.measures.prompts import instructions_of, part_of
from tests.support.ports.local_ports import Ports, ScriptedModel
from tests.unit.code.code_run import CodeRun, outline, planned, source_of, written

ADDS = "def add(a, b):\n    return a + b\n"
TEST = "import unittest\n"
PLAN = outline(planned("tests/test_adds.py", "adds.py"), planned("adds.py"))
FILES = {"adds.py": ADDS, "tests/test_adds.py": TEST}


@dataclass
class SmallModel(ScriptedModel):
    """A model with a small window, whose calls cost something."""

    room: int = 16_000

    def window(self, task_class: str) -> int:
        return self.room


def run_of(ports: Ports, *answers: Any, model: Any = None, **settings: Any) -> CodeRun:
    return CodeRun(ports, model or ScriptedModel(list(answers)), settings)


def test_a_small_project_is_planned_and_written_in_two_questions(ports: Ports) -> None:
    made = run_of(ports, PLAN, written(FILES, tests=3))
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert made.steps() == ["outline", "write-1"]
    assert [request.task for request in made.model.asked] == ["code.outline", "code.write"]
    assert made.tree() == FILES
    work = {name: made.output[name] for name in ("kind", "runner", "expected_tests", "site_root", "model", "count")}
    assert work == {
        "kind": "python_service", "runner": "python", "expected_tests": 3, "site_root": "site", "model": "scripted",
        "count": 2,
    }  # fmt: skip
    assert json.loads(made.text(made.output["checks"])) == PLAN["checks"]


def test_who_writes_is_told_the_plan_its_interfaces_and_the_requirements_as_data(ports: Ports) -> None:
    made = run_of(ports, PLAN, written(FILES))
    made.start()
    asked = made.model.asked[1]
    now = json.loads(source_of(asked.prompt, "files to write now"))
    assert [each["path"] for each in now] == ["adds.py", "tests/test_adds.py"], "what others depend on comes first"
    assert now[0]["interfaces"] == "add(a, b)"
    assert "It adds" in asked.prompt
    assert "what adds.py is for" not in instructions_of(asked.prompt)
    assert re.search(r"Give at most \d+ lines in it", instructions_of(asked.prompt))
    assert "`unittest`" in asked.system


@pytest.mark.parametrize(
    ("artifact", "told", "others"),
    [("static_site", "one style sheet", ("ES modules", "existing repository", "standard library")),
     ("python_service", "python3 -m unittest discover -s tests", ("ES modules", "existing repository", "style sheet"))],
)  # fmt: skip
def test_the_rules_of_the_kind_at_hand_are_told_and_no_others(
    ports: Ports, artifact: str, told: str, others: tuple[str, ...]
) -> None:
    made = run_of(ports, PLAN, written(FILES))
    made.start(artifact)
    assert [request.task for request in made.model.asked] == ["code.outline", "code.write"]
    for request in made.model.asked:
        assert told in request.system
        assert not [other for other in others if other in request.system]


def test_who_plans_files_is_told_what_was_approved_and_nothing_of_the_ways_around_it() -> None:
    proposal = {
        "summary": "Prices",
        "requirements": [{"id": "R1", "text": "4.20", "block": "b-7"}],
        "alternatives": ["A poster"],
        "steps": [{"kind": "code.test"}],
        "assumptions": ["In euros"],
    }
    parts = outline_parts("static_site", proposal, {"title": "Shop", "blocks": []}, "", None)
    told = next(part.text for part in parts if part.source == "the approved plan")
    assert all(each in told for each in ("Prices", "4.20", "In euros"))
    assert not any(each in told for each in ("poster", "code.test", "b-7"))
    assert "No repository is there: every file is created." in parts[0].text


def test_the_offline_model_writes_everything_in_one_answer(ports: Ports) -> None:
    made = run_of(ports, model=OfflineModel())
    run = made.start("static_site")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert made.steps() == ["outline", "write-1"]
    assert {"site/index.html", "tests/test_site.py", "README.md"} <= set(made.tree())
    assert made.output["model"] == "offline"
    assert "It adds" in made.tree()["site/index.html"]


@pytest.mark.parametrize("artifact", ["node_project", "change"])
def test_the_offline_model_says_what_it_has_no_rules_for(ports: Ports, artifact: str) -> None:
    run = run_of(ports, model=OfflineModel()).start(artifact)
    assert run.status == RunStatus.FAILED
    assert ("no rules for a node project" in run.failure) == (artifact == "node_project")
    assert ("ship.code.repository" in run.failure) == (artifact == "change")


def test_code_of_the_offline_model_and_of_another_is_the_others(ports: Ports) -> None:
    class Both(ScriptedModel):
        def complete(self, request: Any) -> Any:
            self.name = "offline" if request.task == "code.outline" else "scripted"
            return super().complete(request)

    made = run_of(ports, model=Both([PLAN, written(FILES)]))
    made.start()
    assert made.output["model"] == "scripted", "or a sandbox that is made for our own rules alone would run it"


def test_files_that_fit_no_answer_together_are_written_by_several_steps_in_order(ports: Ports) -> None:
    plan = outline(
        planned("c.py", "a.py", lines=5), planned("d.py", "b.py", lines=60), planned("a.py", lines=60),
        planned("b.py", lines=60),
    )  # fmt: skip
    texts = {name: f"# text of {name}\n" for name in ("a.py", "b.py", "c.py", "d.py")}
    parts = [written({name: texts[name] for name in names}) for names in (("a.py",), ("b.py", "c.py"), ("d.py",))]
    model = SmallModel([plan, *parts])
    made = run_of(ports, model=model)
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert made.steps() == ["outline", "write-1", "write-2", "write-3"]
    assert made.tree() == texts
    assert ("text of a.py" in model.asked[2].prompt, "text of b.py" in model.asked[2].prompt) == (True, False)
    assert ("text of a.py" in model.asked[3].prompt, "text of b.py" in model.asked[3].prompt) == (False, True)
    assert all(request.max_output_tokens <= 4000 for request in model.asked)


def test_chunks_that_need_nothing_of_each_other_are_handed_out_side_by_side(ports: Ports) -> None:
    plan = outline(planned("a.py", lines=60), planned("b.py", lines=60))
    made = run_of(ports, model=SmallModel([plan, InvalidOutput("nothing")]))
    run = made.start(repairs=0)
    handed = [step for step in run.steps if step.spec.kind == "code.write" and step.handed_at is not None]
    assert [step.id.rpartition(CHILD)[2] for step in handed] == ["write-1", "write-2"]


def test_a_file_longer_than_an_answer_is_gone_on_with_exactly(ports: Ports) -> None:
    plan = outline(planned("long.py", lines=300), planned("tests/test_adds.py", lines=3))
    first = written({"long.py": "one = 1\n"}, unfinished="long.py")
    second = written({"long.py": "two = 2\n"}, unfinished="long.py")
    third = written({"long.py": "three = 3\n"}, tests=2)
    model = SmallModel([plan, first, written({"tests/test_adds.py": TEST}), second, third])
    made = run_of(ports, model=model)
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert made.steps()[1:] == ["write-1", "write-2", "write-1-2", "write-1-3"]
    assert made.tree()["long.py"] == "one = 1\ntwo = 2\nthree = 3\n"
    assert made.output["expected_tests"] == 2
    last = model.asked[4]
    assert "one = 1\ntwo = 2" in last.prompt
    assert "exactly what follows" in instructions_of(last.prompt)


def test_what_an_answer_leaves_out_is_asked_for_again(ports: Ports) -> None:
    made = run_of(ports, PLAN, written({"adds.py": ADDS}), written({"tests/test_adds.py": TEST}, tests=1))
    assert made.start().status == RunStatus.SUCCEEDED
    assert made.steps() == ["outline", "write-1", "write-1-2"]
    assert made.tree() == FILES
    now = json.loads(source_of(made.model.asked[2].prompt, "files to write now"))
    assert [each["path"] for each in now] == ["tests/test_adds.py"]


def test_attempts_that_come_twice_ask_and_write_nothing_twice(ports: Ports) -> None:
    made = run_of(ports, PLAN, written({"adds.py": ADDS}), written({"tests/test_adds.py": TEST}, tests=1))
    made.twice = True
    assert made.start().status == RunStatus.SUCCEEDED
    assert made.steps() == ["outline", "write-1", "write-1-2"]
    assert (len(made.model.asked), made.tree()) == (3, FILES)


def test_a_file_that_never_ends_ends_the_run(ports: Ports) -> None:
    plan = outline(planned("long.py"))
    made = run_of(ports, plan, written({"long.py": "more = 1\n"}, unfinished="long.py"))
    run = made.start()
    assert run.status == RunStatus.FAILED
    assert "long.py did not come to an end in 12 answers" in run.failure


def test_after_an_answer_that_was_cut_off_less_is_asked_for(ports: Ports) -> None:
    cut = InvalidOutput("the answer was cut off because it was too long; answer more briefly")
    made = run_of(ports, PLAN, cut, cut, written(FILES))
    assert made.start().status == RunStatus.SUCCEEDED
    lines = [int(instructions_of(made.model.asked[at].prompt).split("at most ")[1].split()[0]) for at in (1, 3)]
    assert lines[1] == lines[0] // 2
    assert "cut off" in part_of(made.model.asked[3].prompt, "errors")


def _plan(**changes: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {**PLAN, **changes}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(_plan(files=[planned("../adds.py")]), "'../adds.py' is not allowed", id="a path above"),
        pytest.param(_plan(files=[planned(".github/workflows/x.yml")]), "is not allowed", id="a workflow"),
        pytest.param(_plan(files=[planned("a"), planned("a")]), "two files have the same path", id="a path twice"),
        pytest.param(_plan(files=[planned("a", action="edit")]), "there is no such file", id="an edit of nothing"),
        pytest.param(_plan(files=[planned("a", "b"), planned("b", "a")]), "in a circle", id="a circle"),
        pytest.param(_plan(files=[]), "at least one file", id="no files"),
        pytest.param(_plan(tests=[]), "no test covers the requirements R1", id="no test"),
        pytest.param(_plan(expected_tests=0), "at least one test", id="no tests expected"),
        pytest.param(_plan(runner="none"), "choose python or node", id="no runner"),
    ],
)
def test_a_plan_of_files_that_cannot_be_goes_back(ports: Ports, answer: Callable[[], Any], said: str) -> None:
    made = run_of(ports, answer(), PLAN, written(FILES))
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert said in part_of(made.model.asked[1].prompt, "errors")
    assert "Your last attempt failed" in instructions_of(made.model.asked[1].prompt)


@pytest.mark.parametrize(
    ("checks", "alone", "deployed", "problem"),
    [
        ([], [], True, "checks: a site is deployed, and no text on it shows the requirements R1, R2; those that no"),
        ([("R1", " "), ("R2", "4.20")], [], True, "checks: an empty text is on every page and shows nothing"),
        ([("R1", "4.20")], [], True, "no text on it shows the requirements R2"),
        ([("R1", "4.20"), ("R1", "Rye")], ["R2"], True, ""),
        ([("R1", "4.20"), ("R2", "Rye")], ["R2"], True, "by_tests_alone: R2 has a text in checks"),
        ([], ["R1", "R2"], True, "no text is looked for on it"),
        ([], [], False, ""),
    ],
)
@pytest.mark.parametrize("artifact", ["static_site", "python_service", "change"])
def test_texts_on_a_site_are_asked_for_where_a_site_is_deployed(
    artifact: str, checks: list[tuple[str, str]], alone: list[str], deployed: bool, problem: str
) -> None:
    shown = [{"requirement": name, "path": "/", "contains": text} for name, text in checks]
    proved = [{"requirement": name, "test": "tests/test_adds.py::test_it"} for name in ("R1", "R2")]
    outlined = Outline.model_validate({**PLAN, "tests": proved, "checks": shown, "by_tests_alone": alone})
    found = outline_problem(outlined, artifact, ["R1", "R2"], (), deployed=deployed)
    assert problem in found
    assert bool(found) is bool(problem)
    proposal = {"summary": "Prices", "requirements": [{"id": "R1", "text": "4.20"}]}
    told = outline_parts("static_site", proposal, {"title": "Shop", "blocks": []}, "", None, deployed=deployed)
    assert ("deploys no site" in told[0].text) is not deployed


def test_who_writes_is_told_what_is_wanted_and_what_others_noticed(ports: Ports) -> None:
    noticed = {**written({"adds.py": FILES["adds.py"]}), "note": "The plan forgets negative numbers."}
    rest = written({name: text for name, text in FILES.items() if name != "adds.py"})
    made = run_of(ports, PLAN, noticed, rest)
    assert made.start().status == RunStatus.SUCCEEDED
    first, second = made.model.asked[1].prompt, made.model.asked[2].prompt
    assert "The plan forgets negative numbers." not in first
    assert "The plan forgets negative numbers." in second
    for word in ("alternatives", "depends_on", '"block"', "questions"):
        assert word not in source_of(first, "the approved plan")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param([planned("long.py", lines=1100)], "'long.py' has 1100 lines, at most 1068", id="a file too long"),
        pytest.param(
            [planned(f"a{n}.py", lines=71) for n in range(40)], "takes 40 answers, at most 27", id="too many answers"
        ),
    ],
)
def test_a_plan_that_could_not_be_written_to_its_end_goes_back_before_it_costs(
    ports: Ports, files: list[dict[str, Any]], said: str
) -> None:
    made = run_of(ports, model=SmallModel([{**PLAN, "files": files}, PLAN, written(FILES)]))
    run = made.start(steps=40)
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert said in part_of(made.model.asked[1].prompt, "errors")


@pytest.mark.parametrize("answer", [{}, [], {**PLAN, "more": 1}, {**PLAN, "runner": "ruby"}], ids=str)
def test_an_answer_of_another_shape_is_asked_for_again_at_once(ports: Ports, answer: Any) -> None:
    made = run_of(ports, answer, PLAN, written(FILES))
    assert made.start().status == RunStatus.SUCCEEDED
    assert len(made.model.asked[1].messages) >= 1
    assert made.step("outline").attempt == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(written({**FILES, "x.py": ""}), "'x.py' is not one of the files to write now", id="another file"),
        pytest.param(written({}), "no file was given", id="nothing"),
        pytest.param(written(FILES, ("adds.py", "a", "b")), "given twice", id="whole and edited"),
        pytest.param(written({"adds.py": ADDS}, ("tests/test_adds.py", "a", "b")), "is new", id="an edit"),
        pytest.param(written({"adds.py": "\0"}), "zero character", id="no text"),
        pytest.param(written({"adds.py": ""}, unfinished="adds.py"), "nothing of 'adds.py'", id="no progress"),
        pytest.param(
            {**written(FILES), "files": [{"path": path, "content": "x", "complete": False} for path in FILES]},
            "only the last file", id="two open ones",
        ),
    ],
)  # fmt: skip
def test_files_that_cannot_be_go_back(ports: Ports, answer: Any, said: str) -> None:
    made = run_of(ports, PLAN, answer, written(FILES))
    run = made.start()
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert said in part_of(made.model.asked[2].prompt, "errors")
    assert made.tree() == FILES


def test_the_same_mistake_twice_ends_the_run(ports: Ports) -> None:
    run = run_of(ports, PLAN, written({"x.py": ""})).start()
    assert run.status == RunStatus.FAILED
    assert "the same failure twice in a row" in run.failure


def test_what_one_question_leaves_pays_for_the_next_until_all_is_used(ports: Ports) -> None:
    plan = outline(planned("long.py"))
    going_on = [written({"long.py": f"n = {n}\n"}, unfinished="long.py") for n in range(9)]
    made = run_of(ports, model=ScriptedModel([plan, *going_on], usage=Usage(40_000, 1000)))
    run = made.start(most=Usage(300_000, 7500))
    assert run.status == RunStatus.FAILED
    assert "used up" in run.failure
    assert made.steps() == ["outline", "write-1", *(f"write-1-{number}" for number in range(2, 8))]
    assert run.spent == Usage(7 * 40_000, 7000), "seven, although it is three at their dearest that were reserved"


def test_where_little_is_left_files_are_written_one_after_another(ports: Ports) -> None:
    plan = outline(planned("a.py", lines=60), planned("b.py", lines=60))
    answers = [plan, written({"a.py": ""}), written({"b.py": ""}, tests=1)]
    made = run_of(ports, model=SmallModel(answers, usage=Usage(14_000, 100)))
    run = made.start(most=Usage(42_300, 300), parallel=9)
    assert (run.status, made.steps()) == (RunStatus.SUCCEEDED, ["outline", "write-1", "write-2"]), run.failure
    assert made.step("write-2").done_seq == made.step("write-1").done_seq + 1, "there was enough for both"


def test_after_a_dear_plan_files_are_written_one_after_another(ports: Ports) -> None:
    plan = outline(planned("a.py", lines=60), planned("b.py", lines=60))
    answers = [{}, plan, written({"a.py": ""}), written({"b.py": ""}, tests=1)]
    made = run_of(ports, model=SmallModel(answers, usage=Usage(7_000, 100)))
    run = made.start(most=Usage(33_000, 480))
    assert (run.status, made.steps()) == (RunStatus.SUCCEEDED, ["outline", "write-1", "write-2"]), run.failure
    assert made.step("write-2").done_seq > made.step("write-1").done_seq + 1, "the group was woken in between"


NODE = outline(
    planned("package.json"), planned("lib/adds.mjs"), planned("test/adds.test.mjs", "lib/adds.mjs"), runner="node",
    checks=[], site_root="",
)  # fmt: skip


def manifest(**packages: str) -> dict[str, str]:
    return {"package.json": json.dumps({"name": "adds", "type": "module", "dependencies": packages})}


@pytest.mark.parametrize("version", ["^16.0.0", "latest", "*", "16", "git+https://example.org/next.git", ">=1.0.0"])
def test_a_new_manifest_names_exact_versions(ports: Ports, version: str) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    right = written({**manifest(next="16.0.3", react="19.2.0-rc.1"), **rest}, tests=1)
    made = run_of(ports, NODE, written({**manifest(next=version), **rest}), right)
    run = made.start("node_project")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "names 'next' without an exact version" in part_of(made.model.asked[2].prompt, "errors")
    assert (made.output["runner"], made.output["kind"]) == ("node", "node_project")


def test_a_manifest_that_is_no_json_goes_back(ports: Ports) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    made = run_of(ports, NODE, written({"package.json": "{", **rest}), written({**manifest(), **rest}))
    assert made.start("node_project").status == RunStatus.SUCCEEDED
    assert "is not JSON" in part_of(made.model.asked[2].prompt, "errors")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps({"dependencies": ["next"]}), id="a list of packages"),
        pytest.param(json.dumps({"devDependencies": "next"}), id="a word for packages"),
        pytest.param("[" * 200_000, id="deeper than can be read"),
        pytest.param("[]", id="a list"),
    ],
)
def test_a_manifest_of_another_shape_goes_back(ports: Ports, text: str) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    made = run_of(ports, NODE, written({"package.json": text, **rest}), written({**manifest(), **rest}))
    run = made.start("node_project")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "'package.json'" in part_of(made.model.asked[2].prompt, "errors")


def test_a_manifest_in_two_pieces_is_looked_at_whole(ports: Ports) -> None:
    rest = {"lib/adds.mjs": "", "test/adds.test.mjs": ""}
    text = manifest(next="^16.0.0")["package.json"]
    first = written({**rest, "package.json": text[:20]}, unfinished="package.json")
    loose, exact = written({"package.json": text[20:]}), written({"package.json": text[20:].replace("^", "")}, tests=1)
    made = run_of(ports, NODE, first, loose, exact)
    run = made.start("node_project")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "names 'next' without an exact version" in part_of(made.model.asked[3].prompt, "errors")
    assert json.loads(made.tree()["package.json"])["dependencies"] == {"next": "16.0.0"}


def test_a_node_project_is_tested_by_node(ports: Ports) -> None:
    made = run_of(ports, {**NODE, "runner": "python"}, NODE, written({path["path"]: "{}" for path in NODE["files"]}))
    assert made.start("node_project").status == RunStatus.SUCCEEDED
    assert "a Node project is tested by node" in part_of(made.model.asked[1].prompt, "errors")
