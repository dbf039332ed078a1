"""A release that is put live again goes on with all that was done, but for the site."""

from __future__ import annotations

from dataclasses import replace

from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.reducer import reduce
from shared.core.run.resume import carry_release
from shared.core.run.run import NOTHING, RunStatus, Usage
from tests.support.builders.reworked_run import done, yes
from tests.support.builders.runs import after, at, begin, gate, opened, spec, statuses


def test_a_release_goes_live_anew_at_no_cost_of_before_and_takes_back_nothing_of_before() -> None:
    specs = (
        spec("code", kind="code.test"),
        gate("release", "code"),
        spec("push", "release", kind="repository.propose_change", undoable=True),
        spec("deploy", "release", kind="site.deploy", undoable=True),
        gate("production", "deploy", "push"),
        spec("promote", "production", kind="site.promote", undoable=True),
        spec("tell", "promote", kind="notion.comment", undoable=True),
    )
    old, _ = begin(*specs)
    for name in ("code", "release", "push", "deploy", "production", "promote", "tell"):
        fields = {"used": Usage(10, 1000)} if name == "code" else {}
        event = yes(old, name) if old.step(name).spec.gate else done(old, name, **fields)  # type: ignore[union-attr]
        old, _ = after(old, event)
    assert (old.status, old.spent.micros) == (RunStatus.SUCCEEDED, 1000)
    old = replace(old, facts={"site": "https://a.example", "rolled_back": {"at": "", "by": "", "run": ""}, "tests": 3})
    run, commands = reduce(None, replace(opened(run="run-2"), carried=carry_release(old)))
    assert run.counted == NOTHING
    assert run.facts == {"tests": 3}
    assert statuses(run) == {
        "code": "succeeded", "release": "waiting", "push": "succeeded", "deploy": "pending", "production": "pending",
        "promote": "pending", "tell": "succeeded",
    }  # fmt: skip
    run, _ = after(run, yes(run, "release"), done(run, "deploy"))
    run, commands = after(run, acts.CancelRequested(at(50), "Ada Example"))
    undone: list[str] = []
    while undo := [each for each in commands if each.name == "undo"]:
        undone += [each.step for each in undo]
        step = run.step(undo[0].step)
        assert step is not None
        run, commands = after(run, ev.StepUndone(at(51), step.id, step.attempt))
    assert (undone, run.status) == (["deploy"], RunStatus.CANCELLED)
