"""What a person sees of a run whose steps became several: children below theirs, the outcome, and who dissents."""

from __future__ import annotations

import io

from rich.console import Console

from shared.cli.timeline import Timeline, summary
from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.acts import PolicyAllowed
from shared.local.story.demo import Story
from shared.local.story.story_end import NO_SITE
from tests.support.builders.runs import after, at, begin, gate, spec


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


def test_a_gate_that_a_policy_has_passed_says_so() -> None:
    run, _ = begin(gate("approve"), spec("write", "approve"))
    run, _ = after(run, PolicyAllowed(at(1), "approve", run.plan_hash, "inside_limits", 2, "pages: go ahead"))
    written = io.StringIO()
    with Timeline(Console(file=written, width=200)) as timeline:
        timeline.show("run", run)
    assert "✓ approval.ask — went ahead under the rule “pages: go ahead”" in written.getvalue()


def test_a_story_without_code_speaks_of_no_tests_and_no_site() -> None:
    story = Story(
        page={"title": "Overdue tasks", "status": "Done", "view": "http://127.0.0.1:1/p/1"},
        plan={"steps": [{}], "model": "reader"},
        cost={"usd": 0.0, "tokens": 7},
        outcome=NO_SITE,
    )
    rows = [line.plain.split("  ")[0].strip() for line in summary(story)]
    assert rows[1:7] == ["Page", "Plan", "Approved", "Told", "Cost", "Took"]
