"""Files that fit no answer together: written by several steps in order, gone on with exactly, and never twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from shared.core.models.model_errors import InvalidOutput
from shared.core.run.run import CHILD, RunStatus, Usage
from tests.support.builders.generated_files import ADDS, FILES, PLAN, TEST, run_of
from tests.support.measures.prompts import instructions_of, part_of
from tests.support.ports.local_ports import Ports, ScriptedModel
from tests.unit.code.code_run import outline, planned, source_of, written


@dataclass
class SmallModel(ScriptedModel):
    """A model with a small window, whose calls cost something."""

    room: int = 16_000

    def window(self, task_class: str) -> int:
        return self.room


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
