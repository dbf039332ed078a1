"""Each kind of step that works in Notion: done, done twice, unclear, undone, refused. Each has its case (cases.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.core.errors import Missing, Unauthorized
from shared.core.run.run import RunStatus, Step, StepSpec, StepStatus
from shared.steps import KINDS
from shared.steps._kind import Again, Repeat
from tests.steps.bench import NOBODY, Bench
from tests.steps.notion.cases import AFTER_IT, BEFORE_IT, CASES, NO_IDS, WRITING, input_of
from tests.support.rigs.small_house import SmallHouse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """Return the value with the bench's ids in place of their names."""
    if isinstance(value, str):
        for name, key in ids.items():
            value = value.replace("{" + name + "}", key)
        return value
    if isinstance(value, Mapping):
        return {key: filled(each, ids) for key, each in value.items()}
    return [filled(each, ids) for each in value] if isinstance(value, list) else value


def reading(bench: Bench, kind: str) -> StepSpec:
    """Return the step this kind's case reads from."""
    reads = CASES[kind].reads
    return StepSpec("read", str(reads["kind"]), input=filled(reads["input"], bench.ids))


def started(bench: Bench, kind: str, *, gate: bool = False) -> None:
    """Begin a run of this kind's step, with the step it reads from before it."""
    case, specs = CASES[kind], list[StepSpec]()
    if case.reads:
        specs.append(reading(bench, kind))
    needs = tuple(spec.id for spec in specs)
    undoable = KINDS[kind].undo is not None
    given = KINDS[kind].input.model_validate(filled(case.given, bench.ids)).model_dump(mode="json")
    specs.append(StepSpec("do", kind, input=given, depends_on=needs, undoable=undoable))
    bench.start(*specs, gate=gate)


def done(bench: Bench) -> Step:
    step = bench.until_rest().step("do")
    assert step is not None
    assert (step.status, step.error) == (StepStatus.SUCCEEDED, "")
    return step


def test_every_kind_has_a_case_or_a_test_that_names_it() -> None:
    folders = [path for path in (ROOT / "tests").iterdir() if path.name != "judges"]  # other people's programs
    own = Path(__file__).with_name("cases.py"), Path(__file__)
    others = [path for folder in folders for path in folder.rglob("*.py") if path not in own]
    named = "".join(path.read_text(encoding="utf-8") for path in others)
    assert [kind for kind in KINDS if kind not in CASES and f'"{kind}"' not in named] == []


@pytest.mark.parametrize("kind", sorted(CASES))
def test_it_does_what_it_says_and_doing_it_again_changes_nothing(bench: Bench, kind: str) -> None:
    before = bench.look()
    started(bench, kind)
    step = done(bench)
    seen = bench.look()
    assert CASES[kind].shows(seen, step)
    assert ("text" in step.output) == KINDS[kind].leaves_text
    assert (seen == before) == (kind not in WRITING)
    wanted = KINDS[kind].input.model_validate(dict(step.spec.input))
    again = KINDS[kind].run(wanted, bench.context("do"))  # as after a crash before the outcome was recorded
    assert not isinstance(again, Again)
    assert bench.look() == seen


@pytest.mark.parametrize("kind", WRITING)
def test_lost_requests_and_lost_answers_leave_one_effect_and_undo_brings_everything_back(
    bench: Bench, kind: str
) -> None:
    before = bench.look()
    method, path = CASES[kind].write
    bench.sim.control("/_faults", [{"method": method, "path": path, **how} for how in (BEFORE_IT, AFTER_IT)])
    started(bench, kind, gate=True)
    step = done(bench)
    assert CASES[kind].shows(bench.look(), step)
    assert bench.sim.control("/_faults", [])["faults"] == []  # both were met
    taking_back = [("PATCH", "/v1/*"), ("DELETE", "/v1/*"), ("POST", "/v1/pages/*/move")]
    bench.sim.control("/_faults", [{"method": verb, "path": at, **AFTER_IT} for verb, at in taking_back])
    run = bench.cancel()
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ()), [each.error for each in run.steps]
    assert bench.look() == before
    assert len(bench.sim.control("/_faults", [])["faults"]) < 3


def test_what_is_not_ours_is_missing(bench: Bench) -> None:
    before = bench.look()
    for number, (kind, case) in enumerate(CASES.items()):
        given = filled(case.given, bench.ids)
        given[case.target] = [NOBODY] if case.target == "blocks" else NOBODY
        reads = [reading(bench, kind)] if case.reads else []
        needs = tuple(spec.id for spec in reads)
        bench.start(*reads, StepSpec("do", kind, input=given, depends_on=needs), run=f"run-{number:08d}")
        step = bench.run.step("do")
        assert step is not None
        assert (kind, step.status) == (kind, StepStatus.FAILED)
        with pytest.raises(Missing):
            KINDS[kind].run(KINDS[kind].input.model_validate(given), bench.context("do"))
    assert bench.look() == before


CALLING = sorted(  # what needs the output of others asks nobody before it has that
    name for name in KINDS if KINDS[name].systems and not KINDS[name].needs and not KINDS[name].ships
)


def test_without_the_grant_each_waits_for_it(house: Callable[..., SmallHouse]) -> None:
    bench = Bench(house(), None, None, {})  # type: ignore[arg-type]
    for number, kind in enumerate(CALLING):
        given = filled(input_of(KINDS[kind]), NO_IDS)
        spec = StepSpec("do", kind, input=given, lane=KINDS[kind].lane)
        (step,) = bench.start(spec, run=f"run-{number:08d}").steps
        assert step.wait is not None
        assert (kind, step.wait.kind.value) == (kind, "grant")
        assert step.wait.what in KINDS[kind].systems[0].split("|")
        with pytest.raises(Unauthorized):
            KINDS[kind].run(KINDS[kind].input.model_validate(given), bench.context("do"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_field_it_does_not_have_is_refused_and_its_limits_hold(kind: str) -> None:
    model = KINDS[kind].input
    given = filled(input_of(KINDS[kind]), NO_IDS)
    model.model_validate(given)
    with pytest.raises(ValidationError, match="surprise"):
        model.model_validate({**given, "surprise": 1})
    if kind in CASES:
        with pytest.raises(ValidationError):
            model.model_validate({**given, **CASES[kind].too_much})


def test_each_needs_approval_and_says_how_it_repeats_and_whether_it_can_be_undone() -> None:
    for kind in CASES:
        assert KINDS[kind].needs_approval
        assert (kind, KINDS[kind].undo is not None) == (kind, kind in WRITING)
        assert KINDS[kind].repeat in (Repeat.LOOK, Repeat.SAME_END)
