"""What a person sees of a run whose steps became several: children below theirs, the outcome, and who dissents."""

from __future__ import annotations

import io

from rich.console import Console

from shared.cli.timeline import Timeline
from shared.core import events as ev
from shared.core.errors import ErrorClass
from tests.support.runs import after, at, begin, spec


def test_children_are_set_in_and_the_result_is_said_with_its_dissent() -> None:
    run, _ = begin(spec("vote", title="Is it good?"))
    members = [spec(f"vote~{n}", title=f"{n} of 2: critic", optional=True) for n in (1, 2)]
    run, _ = after(run, ev.StepFannedOut(at(1), "vote", 1, 0, tuple(members), {"asked": 2}))
    run, _ = after(run, ev.StepFailed(at(2), "vote~2", 1, "I will not.", ErrorClass.PERMANENT))
    output = {"outcome": "1 of 1 votes", "dissent": [{"who": "1 of 2: critic", "says": "mend"}]}
    run, _ = after(run, ev.StepSucceeded(at(3), "vote~1", 1), ev.StepSucceeded(at(4), "vote", 1, output))
    written = io.StringIO()
    with Timeline(Console(file=written, width=200)) as timeline:
        timeline.show("run", run)
    lines = [line.split(" s  ")[1] for line in written.getvalue().splitlines()]
    assert lines == [
        "✓ Is it good? — 1 of 1 votes; 1 of 2: critic dissents: mend",
        "  ✓ 1 of 2: critic",
        "  · 2 of 2: critic — absent: I will not.",
    ]
