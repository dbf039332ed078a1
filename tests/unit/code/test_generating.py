"""Requirements become a plan of files, and the plan files, in order, in answers that fit; what is wrong goes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from shared.backends.offline.model import OfflineModel
from shared.core.run.run import RunStatus
from shared.steps.code._code_answers import Outline, outline_problem
from shared.steps.code._code_outlining import outline_parts
from tests.support.builders.generated_files import ADDS, FILES, PLAN, run_of
from tests.support.measures.prompts import instructions_of, part_of
from tests.support.ports.local_ports import Ports, ScriptedModel
from tests.unit.code.code_run import planned, source_of, written


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
