"""Nobody decides within the time given: the run ends, says so, and a late decision is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.app.approval.approvals import Asked, decide
from shared.core.errors import Conflicting
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.house import open_house

pytestmark = pytest.mark.slow


@pytest.mark.xdist_group("no_answer")
def test_an_approval_that_nobody_gives_runs_out(tmp_path: Path) -> None:
    with open_house(tmp_path, WORKWRIGHT_APPROVAL_S="2") as house:
        page = house.write("Nobody home")
        house.set_status(page, marks.PLAN_IT)
        run = house.ended(page)
        assert (run.status, run.cancel) == (RunStatus.CANCELLED, "no approval within the time given")
        assert house.status(page) == marks.CANCELLED
        assert [text for text in house.comments(page) if "No approval within the time given." in text] != []
        gate, *_ = [step for step in run.steps if step.spec.kind == "approval.ask"]
        asked = Asked(run.tenant, run.id, gate.id, run.plan_hash, run.deadline)
        with pytest.raises(Conflicting, match="ended"):
            decide(house.house.wired.deps, asked, approve=True, by="Ada Example", via="link")
        assert house.effects("github", "repo.create") == []
